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

With --ci the words after -- are a command to run as soon as every service is ready, with the gateway's address in
CROUPIER_AGENT_ADDR. Its exit code is that of the session. Nothing is watched. With --json its output goes to stderr.

Exit codes: 0 ended by you, 1 failed, 2 usage or configuration, 3 environment (a port, a tool), 128+n a signal.

Examples:
  croupier dev                              what this folder holds
  croupier dev -- node server.js --debug    a command of your own
  croupier dev --strategy stop-first        never two processes at once
  croupier dev --port 0 --json              any free port, events as JSON lines
  croupier dev --ci -- npm test             tests against the running services
  croupier dev --upstream agent://host:19090   register with this agent (server://, edge://; none: with nobody)
`;

export const RUN_EXAMPLES = `
The same as \`croupier dev\` for where nobody edits: nothing is watched. With several instances, calls go to the one with
the least to do, and a reload replaces them one after the other, each ready before the next; when one fails, those that
were replaced go back. SIGHUP reads the configuration again and reloads, SIGTERM drains and stops.

Calls and jobs get 60 s to end where the configuration says nothing else. A process that ends by itself is started again
after a pause that grows up to 30 s; the 16th time in a row the session fails.

Exit codes: 0 asked to stop, 1 failed (also the first build or start), 2 usage or configuration, 3 environment, 128+n a
signal.

Examples:
  croupier run                                      what this folder holds, in one process
  croupier run --instances 4 -- node server.js      four processes behind one gateway
  croupier run --upstream agent://host:19090 --json
  kill -HUP <pid>                                   reload (or: croupier reload)
`;

export const INIT_EXAMPLES = `
In a folder with a project it finds out how that is run, and writes croupier.config.json with comments. With a template
it makes a new project. In a terminal it asks for what the arguments leave open. Nothing that is there is replaced
without --force, and when something is in the way, nothing is written at all.

The SDKs of Go and Python live as source in the folder croupier of a project. --update-sdk brings them to this version.
A file that you have changed is never overwritten without --force: the new one is written beside it as NAME.new.

Exit codes: 0 written, 1 changed files of the SDK are yours to merge, 2 usage or something in the way, 3 environment (a
folder that cannot be written to), 130 cancelled.

Examples:
  croupier init                             look at this folder, and ask
  croupier init --yes                       write down what is detected here
  croupier init my-game --template go       a new project in Go
  croupier init --list                      the templates
  croupier init --deploy k8s                files for Kubernetes (or systemd), made of the configuration
  croupier init --update-sdk --dry-run      what would change in the copy of the SDK
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

export const DOCTOR_EXAMPLES = `
Looks at Node and the tools of the project, what would be run and why, limits for file watching, file systems, ports
and who holds them, sessions, the agent and its TLS, copies of an SDK, and the terminal. Nothing is started or changed.

Exit codes: 0 no problem (warnings are none), 1 a problem was found (a broken configuration is one), 2 usage.

Examples:
  croupier doctor
  croupier doctor --json                            for scripts: { version, root, counts, findings }
  croupier doctor --upstream agent://host:19090     can this agent be reached?
`;

export const COMPLETION_EXAMPLES = `
Completes commands, flags and their values, names of services, and the functions of the running session.

Examples:
  source <(croupier completion bash)                                in ~/.bashrc
  source <(croupier completion zsh)                                 in ~/.zshrc, after compinit
  croupier completion fish > ~/.config/fish/completions/croupier.fish
`;

export const CHECK_EXAMPLES = `
Steps: config, tools, ports, build, boot, ready, registrations, calls, reload, drain, stop. A step whose need failed or
was left out is skipped. Functions to find and calls to make are named under "check" in the configuration; its calls
are repeated during the reload. Runs with an agent of its own on free ports, so that checks do not meet each other.

A committed croupier.snapshot.json (made by --update) is compared with what is registered: a change that breaks callers
fails. Under GitHub Actions failures are shown beside the sources.

Exit codes: 0 passed, 1 a step failed, 2 usage or configuration, 3 environment (a tool, a port), 128+n a signal.

Examples:
  croupier check
  croupier check --junit reports/croupier.xml       for the CI server
  croupier check --update                           accept the functions and schemas as they are now
  croupier check --only config,tools                quickly, without starting anything
  croupier check --skip reload,drain --json
`;
