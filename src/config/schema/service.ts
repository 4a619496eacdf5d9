import * as z from 'zod';
import { DEFAULTS } from '../defaults.js';
import { DRAIN_POLICIES, RESTART_STRATEGIES, STOP_SIGNALS } from '../types.js';
import { build } from './build.js';
import { check } from './check.js';
import { commandText, toCommandLine } from './command.js';
import { functions, proxy } from './http-functions.js';
import { ready } from './ready.js';
import { choice, count, duration, flag, setting, size, text, texts } from './values.js';
import { rules, watch } from './watch.js';

/** The keys of one service: at the top level of the file, and in each entry of `services`. */
export const serviceShape = {
  service: setting(
    text().nullable(),
    DEFAULTS.service,
    'Id of the service; the child is told. null: the name under services, of the package or of the folder.',
  ),
  version: setting(
    text().nullable(),
    DEFAULTS.version,
    'Version of the service; the child is told. null: it is not.',
  ),
  gameId: setting(
    text().nullable(),
    DEFAULTS.gameId,
    'Game that the service belongs to; null: the child is not told.',
  ),
  env: setting(
    text().nullable(),
    DEFAULTS.env,
    'Environment such as "dev" or "prod"; null: the child is not told.',
  ),
  command: setting(
    commandText().nullable(),
    DEFAULTS.command,
    'What is started. A string is split into words without a shell. {port}, {artifact} and {generation} are filled in. null: detected.',
  ),
  shell: setting(flag(), DEFAULTS.shell, 'Run the command by a shell.'),
  cwd: setting(text(), DEFAULTS.cwd, "The service's folder, relative to this file."),
  environment: setting(
    z.record(
      z.string().regex(/^[^=\s]+$/, 'it must be the name of a variable'),
      z.union([z.string(), z.number(), z.boolean()], { error: 'it must be a string' }).transform(String),
      { error: 'it must be an object of strings' },
    ),
    DEFAULTS.environment,
    "Variables for the child. They win over the runner's own environment and over envFile.",
  ),
  envFile: setting(
    text(),
    DEFAULTS.envFile,
    "File of NAME=value lines, relative to the service's folder, for the child and for the variables that this file refers to. Variables of the runner's own environment win. Only the default may be missing.",
  ),
  stdin: setting(
    flag(),
    DEFAULTS.stdin,
    "The child has the terminal's input, and the keys of the runner are off.",
  ),
  dependsOn: setting(texts(), DEFAULTS.dependsOn, 'Names of services that have to be ready first.'),
  build: setting(
    build(),
    DEFAULTS.build,
    'What happens before a start. null: what detection finds. false: nothing.',
  ),
  watch: setting(watch(), DEFAULTS.watch, 'Which changes are noticed.'),
  rules: setting(
    rules(),
    DEFAULTS.rules,
    'What a change does: the first rule that matches a file. Without one: rebuild.',
  ),
  restart: setting(restart(), DEFAULTS.restart, 'How one generation follows another.'),
  ready: setting(
    ready(),
    DEFAULTS.ready,
    'When a generation may get calls. Without a probe: when it has registered, or its port accepts. "spawn": when it runs.',
  ),
  drain: setting(
    drain(),
    DEFAULTS.drain,
    'How long what is under way may take before a generation is stopped.',
  ),
  hold: setting(hold(), DEFAULTS.hold, 'Limits of the queue in which calls wait for the next generation.'),
  replay: setting(
    texts(),
    DEFAULTS.replay,
    'Ids of functions that may run twice: a lost call of theirs is sent again.',
  ),
  functions: setting(functions(), DEFAULTS.functions, 'Functions served over plain HTTP.'),
  proxy: setting(proxy(), DEFAULTS.proxy, "Stable TCP ports in front of the generation's own."),
  check: setting(check(), DEFAULTS.check, 'What `croupier check` calls.'),
  instances: setting(count(1), DEFAULTS.instances, 'How many processes `croupier run` keeps.'),
};

function restart() {
  const { restart } = DEFAULTS;
  return z.strictObject({
    strategy: setting(
      choice(RESTART_STRATEGIES),
      restart.strategy,
      'overlap: the new one is ready before the old one stops. stop-first: never two at a time. auto: overlap where that works.',
    ),
    signal: setting(choice(STOP_SIGNALS), restart.signal, 'Asks the process group to stop.'),
    stopTimeout: setting(duration(), restart.stopTimeout, 'Then SIGKILL.'),
    keepOld: setting(
      duration(),
      restart.keepOld,
      'With overlap: the old one stays at least this long, in case the new one dies.',
    ),
    backoff: setting(
      z.strictObject({
        initial: setting(duration(1), restart.backoff.initial, 'Wait after the first crash.'),
        max: setting(duration(1), restart.backoff.max, 'The wait doubles up to this.'),
      }),
      restart.backoff,
      'Waits between a crash and the next start.',
    ),
  });
}

function drain() {
  return z.strictObject({
    calls: setting(duration(), DEFAULTS.drain.calls, 'Calls that take longer are cut.'),
    jobs: setting(duration(), DEFAULTS.drain.jobs, 'Jobs that take longer are cancelled.'),
    policy: setting(
      choice(DRAIN_POLICIES),
      DEFAULTS.drain.policy,
      'Where a swap leaves a gap. hold: calls wait here. deregister, auto: the upstream sends them to other instances where these serve every function; else calls wait here.',
    ),
  });
}

function hold() {
  return z.strictObject({
    timeout: setting(duration(), DEFAULTS.hold.timeout, 'A call waits at most this long.'),
    calls: setting(count(0), DEFAULTS.hold.calls, 'At most so many calls wait.'),
    bytes: setting(size(), DEFAULTS.hold.bytes, 'At most so many bytes of calls wait.'),
  });
}

/** One entry of `services`. */
export const serviceSchema = z.strictObject(serviceShape).transform(withCommand);

interface CommandKeys {
  readonly command?: string | readonly string[] | null;
  readonly shell?: boolean;
}

/** The service's keys with `command` and `shell` made one. */
export function withCommand<T extends CommandKeys>(keys: T, context: z.core.$RefinementCtx) {
  const { command, shell, ...rest } = keys;
  return { ...rest, command: toCommandLine({ command, shell }, context) };
}
