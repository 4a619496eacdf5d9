import { DEFAULT_GATEWAY } from '../config/defaults.js';
import type { SessionConfig } from '../config/types.js';
import { debuggerPorts } from '../process/debugger-ports.js';
import { type Project, servicesOf } from './types.js';

/** A port that a session of the project listens on. */
export interface NeededPort {
  readonly host: string;
  readonly port: number;
  /** Who listens: `the gateway`. */
  readonly purpose: string;
  /** What happens where it is taken. `moves`: the next free one is used. `fails`: the session does not start, or the process does not. */
  readonly ifTaken: 'moves' | 'fails';
  /** How to take another. */
  readonly remedy: string;
}

/** All ports with a number of their own: 0 stands for any free one. */
export function findNeededPorts(project: Project): readonly NeededPort[] {
  const { config } = project;
  const needed = config.ok
    ? [gatewayPort(config.value), controlPort(config.value), ...servicePorts(project)]
    : [{ ...DEFAULT_GATEWAY, purpose: 'the gateway', ifTaken: 'moves', remedy: GATEWAY_REMEDY } as const];
  return needed.filter(({ port }) => port !== 0);
}

const GATEWAY_REMEDY = 'Take another: --port N (0: any free one), or "gateway": { "listen": "127.0.0.1:N" }.';

function gatewayPort({ gateway }: SessionConfig): NeededPort {
  const { host, port, portIsFixed } = gateway;
  const ifTaken = portIsFixed ? 'fails' : 'moves';
  return { host, port, purpose: 'the gateway', ifTaken, remedy: GATEWAY_REMEDY };
}

function controlPort({ control }: SessionConfig): NeededPort {
  const remedy = 'Take another: "control": { "listen": "127.0.0.1:0" } means any free one.';
  return { ...control, purpose: 'the control API', ifTaken: 'fails', remedy };
}

function servicePorts(project: Project): readonly NeededPort[] {
  return servicesOf(project).flatMap((service) => [
    ...service.proxy.map(({ host, port }): NeededPort => {
      const remedy = `Change "proxy": [{ "listen": ${port} }] of ${service.name}.`;
      return { host, port, purpose: `the stable port of ${service.name}`, ifTaken: 'fails', remedy };
    }),
    ...[...debuggerPorts(service.command.argv)].map((port): NeededPort => {
      const remedy = `Change the port in the command of ${service.name}.`;
      return {
        host: '127.0.0.1',
        port,
        purpose: `the debugger of ${service.name}`,
        ifTaken: 'fails',
        remedy,
      };
    }),
  ]);
}
