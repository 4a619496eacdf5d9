/** Shown below the help of the commands that talk to a running session. */
export const STATUS_EXAMPLES = `
Looks for the session of this folder, or of one above it.

Exit codes: 0; 1 with --ready where a service cannot take calls; 3 no session.

Examples:
  croupier status
  croupier status --ready && ./smoke-test.sh
  croupier status --json | jq '.services[].calls.lost'
`;

export const FUNCTIONS_EXAMPLES = `
Exit codes: 0, 2 no such service, 3 no session.

Examples:
  croupier functions
  croupier functions --json | jq '.[] | select(.id == "player.ban").inputSchema'
`;

export const LOGS_EXAMPLES = `
The session keeps the last 2 MiB of each service. What a process wrote on stderr goes to stderr.

Exit codes: 0, 2 usage, 3 no session.

Examples:
  croupier logs -n 20
  croupier logs -f game-server
  croupier logs -f --json
`;

export const RELOAD_EXAMPLES = `
A service is built and restarted as after a save. Functions are loaded again in the running process, where its SDK can.

Exit codes: 0 it runs now, 1 it does not (what ran before goes on), 2 usage, 3 no session.

Examples:
  croupier reload                    every service
  croupier reload game-server
  croupier reload player.ban         one function, in its process
`;

export const ROLLBACK_EXAMPLES = `
Exit codes: 0, 1 it cannot be or did not start, 2 usage, 3 no session.

Examples:
  croupier rollback                  the build before, of the only service
  croupier rollback player.ban       the version before of a function
`;

export const DRAIN_EXAMPLES = `
The upstream sends no new calls from then on, as long as the session lasts; calls that still come are answered. Made for what is
run right before a stop, such as a preStop hook.

Exit codes: 0 nothing is under way, 1 calls were left when the time was up, 2 usage, 3 no session.

Examples:
  croupier drain --timeout 30s
  croupier drain game-server
`;

export const STOP_EXAMPLES = `
Exit codes: 0 it is gone, 1 it still runs, 2 usage, 3 no session.

Examples:
  croupier stop
  croupier stop --force
`;
