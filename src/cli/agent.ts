import { EventBus } from '../core/bus.js';
import { systemClock } from '../core/clock.js';
import { SIGNAL_EXIT_CODES, type StopSignal, StopSignals } from '../dev/stop-signals.js';
import { wantsColor } from '../observe/color.js';
import { chooseMode, createReporter } from '../observe/reporter.js';
import type { Reporter } from '../observe/types.js';
import { type AgentArguments, readListen } from './agent-arguments.js';
import { openAgentGateway } from './agent-gateway.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';

/** `croupier agent`: the gateway alone, until a signal ends it. Answers the exit code. */
export async function agentCommand(args: AgentArguments, io: CliIo): Promise<number> {
  const listen = readListen(args.listen);
  if (!listen.ok) return printUserError(listen.error, io.stderr);
  const bus = new EventBus();
  const reporter = await openReporter(args, io);
  bus.subscribe(reporter.sink);
  const stop = awaitStop();
  try {
    const gateway = await openAgentGateway({
      listen: listen.value,
      onNotice: (level, message) => bus.publish({ type: 'session.notice', level, message }),
    });
    if (!gateway.ok) return printUserError(gateway.error, io.stderr);
    bus.publish({
      type: 'session.ready',
      gateway: gateway.value.address,
      control: null,
      upstream: null,
      pid: process.pid,
    });
    const signal = await stop.asked;
    await Promise.race([gateway.value.close(), stop.forced]);
    bus.publish({ type: 'session.closed', reason: signal });
    return SIGNAL_EXIT_CODES[signal];
  } finally {
    stop.close();
    reporter.close();
  }
}

function openReporter(args: AgentArguments, io: CliIo): Promise<Reporter> {
  return createReporter({
    mode: chooseMode({ json: args.json, env: io.env, stderr: io.stderr }),
    stdout: io.stdout,
    stderr: io.stderr,
    color: wantsColor({ flag: args.color ? undefined : false, env: io.env, stream: io.stderr }),
    verbose: args.verbose,
    services: [],
    keys: false,
    env: io.env,
  });
}

interface Stop {
  readonly asked: Promise<StopSignal>;
  /** A second signal: the user does not want to wait for calls under way. */
  readonly forced: Promise<void>;
  close(): void;
}

function awaitStop(): Stop {
  let onForce = (): void => {};
  const forced = new Promise<void>((resolve) => {
    onForce = resolve;
  });
  let onStop = (_: StopSignal): void => {};
  const asked = new Promise<StopSignal>((resolve) => {
    onStop = resolve;
  });
  const signals = new StopSignals(systemClock, { onStop, onForce });
  signals.listen();
  return { asked, forced, close: () => signals.close() };
}
