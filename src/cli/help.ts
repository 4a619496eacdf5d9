/** Shown below the help of each command. */
export const PROGRAM_EXAMPLES = `
Examples:
  croupier dev                         run the project of this folder, and reload it on save
  croupier dev -- python main.py       the same with a command of your own
  croupier invoke player.ban '{}'      call a function of the running session

\`croupier <command> --help\` tells more about a command.
`;

export const DEV_EXAMPLES = `
The command and what to build are detected, or read from croupier.config.json. New calls are held while a process is
replaced, and a change that does not build or start leaves the running process alone.

Keys: r reload, p pause, i invoke, c clear, q quit, h help.

Exit codes: 0 ended by you, 1 failed, 2 usage or configuration, 3 environment (a port, a tool), 128+n a signal.

Examples:
  croupier dev                              what this folder holds
  croupier dev -- node server.js --debug    a command of your own
  croupier dev --strategy stop-first        never two processes at once
  croupier dev --port 0 --json              any free port, events as JSON lines
`;

export const INVOKE_EXAMPLES = `
Calls the session of this project, else the agent at 127.0.0.1:19090. The answer's payload goes to stdout.

Exit codes: 0 answered, 1 the function failed, 2 usage, 3 nobody answers.

Examples:
  croupier invoke player.ban '{"playerId": "42"}'
  echo '{"playerId": "42"}' | croupier invoke player.ban -
  croupier invoke season.recalculate --job          the events of a long job, as they come
  croupier invoke player.ban '{}' --timeout 2s --metadata game_id=demo
`;

export const AGENT_EXAMPLES = `
A local agent for game servers that you start yourself: they register here, and callers reach them here. While one
of them restarts, its calls wait until it has registered again.

Exit codes: 0 stopped, 2 usage, 3 the port is taken, 128+n a signal.

Examples:
  croupier agent
  croupier agent --listen 127.0.0.1:0 --json
`;
