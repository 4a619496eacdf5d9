/**
 * Plays a session to the reporter, to look at it in a real terminal:
 *
 *   node --import tsx test/support/show-reporter.ts [--plain | --json] [--verbose] [--several]
 *
 * Ends by itself, or with q. The keys work on what is shown, not on anything real.
 */
import { EventBus } from '../../src/core/bus.js';
import type { CroupierEvent } from '../../src/core/events.js';
import { wantsColor } from '../../src/observe/color.js';
import { canReadKeys, openKeyboard } from '../../src/observe/keys.js';
import { createReporter } from '../../src/observe/reporter.js';

const flags = new Set(process.argv.slice(2));
const mode = flags.has('--json') ? 'json' : flags.has('--plain') ? 'plain' : 'terminal';
const services = flags.has('--several') ? ['game-server', 'chat'] : ['game-server'];
const service = 'game-server';
const functions = ['player.ban', 'server.status', 'season.recalculate'].map((id) => ({
  id,
  version: '1.0.0',
}));
const keys = canReadKeys({ mode, stdin: process.stdin, childHasStdin: false });

const bus = new EventBus();
const reporter = await createReporter({
  mode,
  stdout: process.stdout,
  stderr: process.stderr,
  color: wantsColor({ flag: undefined, env: process.env, stream: process.stderr }),
  verbose: flags.has('--verbose'),
  services,
  keys,
});
bus.subscribe(reporter.sink);

let isOver = false;
const keyboard = keys
  ? openKeyboard({
      stdin: process.stdin,
      stderr: process.stderr,
      reporter,
      handlers: {
        onCommand: (command) => {
          if (command === 'quit' || command === 'interrupt') isOver = true;
          else reporter.gauges({ held: 0, calls: 0, jobs: 0, paused: command === 'pause' });
        },
        functions: () => functions.map(({ id }) => id),
        invoke: async (_, payload) => ({ ok: true, value: `{"result":"success","sent":${payload}}` }),
      },
    })
  : null;

type Step =
  | number
  | CroupierEvent
  | { readonly child: string }
  | { readonly held: number; readonly calls: number };

const calls = { held: 4, drained: 2, replayed: 0, lost: 0 };
const ms = { build: 0, drain: 12, stop: 0, start: 121, total: 143 };
const reload = { service, rule: 'default', strategy: 'overlap', calls, ms } as const;
const change = { kind: 'change', paths: ['server.js'] } as const;

const steps: readonly Step[] = [
  { type: 'session.ready', gateway: '127.0.0.1:19090', control: null, upstream: null, pid: process.pid },
  {
    type: 'session.notice',
    level: 'info',
    message:
      'runs `node server.js` (package.json scripts.start); "command" in croupier.config.json changes that',
  },
  { type: 'generation.starting', service, generation: 1, pid: 4711 },
  500,
  { child: '\u001b[32mlistening\u001b[39m on 41234\n' },
  { type: 'generation.ready', service, generation: 1, pid: 4711, functions, ms: 312 },
  { type: 'generation.active', service, generation: 1, pid: 4711, functions },
  700,
  { child: 'player 42 joined\nloading the map ' },
  400,
  { child: '... done\n' },
  { held: 0, calls: 3 },
  700,
  { type: 'files.changed', service, paths: ['server.js'], rule: 'default' },
  { type: 'build.started', service, generation: 2 },
  600,
  { type: 'build.finished', service, generation: 2, ms: 590, output: 'warning: unused import\n' },
  { type: 'generation.starting', service, generation: 2, pid: 4720 },
  400,
  { type: 'generation.ready', service, generation: 2, pid: 4720, functions, ms: 121 },
  {
    type: 'generation.active',
    service,
    generation: 2,
    pid: 4720,
    functions: [...functions, { id: 'player.mute', version: '1.0.0' }],
  },
  {
    type: 'functions.changed',
    service,
    generation: 2,
    added: ['player.mute'],
    removed: [],
    updated: ['player.ban'],
    breaking: [],
  },
  { type: 'generation.draining', service, generation: 1, pid: 4711 },
  { ...reload, type: 'reload.finished', generation: 2, trigger: change, outcome: 'swapped' },
  { type: 'generation.stopped', service, generation: 1, pid: 4711, exitCode: 0, signal: null, ms: 31 },
  900,
  { type: 'build.started', service, generation: 3 },
  400,
  {
    type: 'build.failed',
    service,
    generation: 3,
    ms: 80,
    serving: 2,
    reason: 'build-failed',
    message: 'the build failed with exit code 1',
    output: 'server.js:12\n\u001b[31mSyntaxError: Unexpected token \u001b[1m)\u001b[22m\n    at line 12\n',
  },
  { ...reload, type: 'reload.finished', generation: 3, trigger: change, outcome: 'kept-old' },
  900,
  { type: 'generation.starting', service, generation: 4, pid: 4731 },
  300,
  {
    type: 'generation.failed',
    service,
    generation: 4,
    pid: 4731,
    reason: 'address-in-use',
    message: 'port 8080 is in use by node server.js (pid 4720)',
    exitCode: 1,
    signal: null,
    serving: 2,
    retryMs: null,
    outputTail: [
      'Error: listen EADDRINUSE: address already in use :::8080',
      '    at Server.listen (node:net:1)',
    ],
  },
  {
    ...reload,
    type: 'reload.finished',
    generation: 4,
    trigger: { kind: 'change', paths: ['server.js', 'functions/player.js', 'functions/season.js'] },
    rule: 'functions/**',
    outcome: 'kept-old',
  },
  900,
  {
    type: 'generation.failed',
    service,
    generation: 2,
    pid: 4720,
    reason: 'exited',
    message: 'the process was ended by SIGSEGV',
    exitCode: null,
    signal: 'SIGSEGV',
    serving: null,
    retryMs: 2000,
    outputTail: ['player 43 joined'],
  },
  { held: 3, calls: 0 },
  2000,
  { type: 'generation.starting', service, generation: 5, pid: 4740 },
  500,
  { type: 'generation.active', service, generation: 5, pid: 4740, functions },
  {
    ...reload,
    type: 'reload.finished',
    generation: 5,
    trigger: { kind: 'crash', paths: [] },
    outcome: 'swapped',
    calls: { ...calls, lost: 1, replayed: 1 },
  },
  { held: 0, calls: 0 },
  { type: 'session.notice', level: 'warn', message: 'polling: this folder is on a network file system' },
  3000,
  { type: 'session.closed', reason: 'SIGINT' },
];

for (const step of steps) {
  if (isOver) break;
  if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step));
  else if ('child' in step) reporter.output(service, 'stdout', Buffer.from(step.child));
  else if ('held' in step) reporter.gauges({ ...step, jobs: 0 });
  else bus.publish(step);
}
keyboard?.close();
reporter.close();
