import type { ServiceConfig, SessionConfig } from '../config/types.js';
import { debuggerPorts } from '../process/debugger-ports.js';
import { whoListens } from '../process/ports.js';
import { failed, passed, type StepOutcome, warning } from './step.js';

/** A port that the configuration fixes. */
interface FixedPort {
  readonly port: number;
  /** The key that fixes it. */
  readonly key: string;
  /**
   * `ours`: the check takes a free one instead; `debugger`: of the process itself, which can often do without it; `awaited`: readiness is judged
   * by it, so that somebody else there would pass for the service.
   */
  readonly use: 'ours' | 'debugger' | 'awaited';
}

/** Finds who holds a port, such as `node server.js (pid 4711)`; null: nobody. */
export type FindHolder = (port: number) => Promise<string | null>;

/** Ports that the project fixes: those that the check needs are free, of others it is told when they are taken. */
export async function checkPorts(
  config: SessionConfig,
  findHolder: FindHolder = whoListens,
): Promise<StepOutcome> {
  const fixed = listFixed(config);
  if (fixed.length === 0) return passed('none is fixed; free ones are taken');
  const held = await Promise.all(fixed.map(async (one) => ({ ...one, holder: await findHolder(one.port) })));
  const taken = held.filter((one) => one.holder !== null);
  const awaited = taken.filter(({ use }) => use === 'awaited');
  const remarks = taken
    .filter(({ use }) => use !== 'awaited')
    .map(({ port, key, use, holder }) =>
      warning(
        `port ${port} (${key}) is taken by ${holder}; ${use === 'ours' ? 'the check takes a free one' : 'the process may not get its debugger'}`,
      ),
    );
  if (awaited.length > 0) {
    const lines = awaited.map(
      ({ port, key, holder }) =>
        `port ${port} (${key}) is taken by ${holder}, which would pass for the service`,
    );
    return failed(lines.join('\n'), {
      wayOut: 'End that process, or let the service listen on PORT and write {port} into "ready".',
      exitCode: 3,
      remarks,
    });
  }
  const free = held.filter((one) => one.holder === null).map(({ port, key }) => `${port} (${key}) is free`);
  return passed(...free, ...remarks);
}

function listFixed(config: SessionConfig): readonly FixedPort[] {
  const { gateway, control, services } = config;
  const ours = [
    ...(gateway.portIsFixed ? [{ port: gateway.port, key: 'gateway.listen' }] : []),
    { port: control.port, key: 'control.listen' },
    ...services.flatMap(({ proxy }) => proxy.map(({ port }) => ({ port, key: 'proxy' }))),
  ];
  return [
    ...ours.filter(({ port }) => port !== 0).map((one) => ({ ...one, use: 'ours' as const })),
    ...services.flatMap(ownPorts),
  ];
}

/** What the process of a service takes for itself. */
function ownPorts({ command, ready }: ServiceConfig): readonly FixedPort[] {
  const words = command.shell ? command.argv.flatMap((text) => text.split(/\s+/)) : command.argv;
  const debuggers = [...debuggerPorts(words)].filter((port) => port !== 0);
  const awaited = ready.kind === 'tcp' ? ready.address : ready.kind === 'http' ? ready.url : '';
  const port = /^(?:https?:\/\/)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1?\]|0\.0\.0\.0|\*)?:(\d+)/.exec(
    awaited,
  )?.[1];
  return [
    ...debuggers.map((one) => ({ port: one, key: 'the debugger in command', use: 'debugger' as const })),
    ...(port === undefined
      ? []
      : [{ port: Number(port), key: `ready.${ready.kind}`, use: 'awaited' as const }]),
  ];
}
