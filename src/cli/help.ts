/** Shown below the help of each command. */
export const PROGRAM_EXAMPLES = `
Examples:
  croupier dev                         run the project of this folder, and reload it on save
  croupier dev -- python main.py       the same with a command of your own
  croupier init my-game --template go  start a new project
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
  croupier dev --upstream agent://host:19090   register with this agent (server://, edge://; none: with nobody)
`;

export const INIT_EXAMPLES = `
In a folder with a project it finds out how that is run, and writes croupier.config.json with comments. With a template
it makes a new project. In a terminal it asks for what the arguments leave open. Nothing that is there is replaced
without --force, and when something is in the way, nothing is written at all.

Exit codes: 0 written, 2 usage or something in the way, 3 environment (a folder that cannot be written to), 130 cancelled.

Examples:
  croupier init                             look at this folder, and ask
  croupier init --yes                       write down what is detected here
  croupier init my-game --template go       a new project in Go
  croupier init --list                      the templates
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
