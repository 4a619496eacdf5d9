import type { SessionConfig } from '../config/types.js';
import { toProjectName } from './project-name.js';

export const DEPLOY_TARGETS = ['k8s', 'systemd'] as const;

export type DeployTarget = (typeof DEPLOY_TARGETS)[number];

/** What the files of a deployment are made of. Times are whole seconds. */
export interface DeployFacts {
  /** Of the Deployment or the unit: small letters, digits and hyphens. */
  readonly name: string;
  readonly version: string;
  /** Of all services together. */
  readonly instances: number;
  /** Absolute. */
  readonly folder: string;
  /** Words after `croupier`. */
  readonly words: readonly string[];
  /** Longest times among the services. */
  readonly drain: { readonly calls: number; readonly jobs: number };
  readonly stop: number;
  /** Until the first calls can be taken: the build, and the start of the first process and of those that follow it. */
  readonly startup: number;
  /** Ports that are reached from other hosts, with what they are for. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** Names of ports have at most 15 characters. */
const PORT_NAME_LENGTH = 15;

/**
 * What a configuration (resolved as `croupier run` has it) says about a deployment. `basename`: of the project's folder; `command`: what was
 * detected there, if no file says what to run.
 */
export function deployFacts(config: SessionConfig, { basename }: { readonly basename: string }): DeployFacts {
  const { services, root, gateway, file } = config;
  const [first] = services;
  const isAlone = services.length === 1 && first !== undefined;
  const longest = (ms: (service: SessionConfig['services'][number]) => number): number =>
    Math.ceil(Math.max(0, ...services.map(ms)) / 1000);
  const proxies = services.flatMap(({ name, proxy }) =>
    proxy
      .filter(({ host, port }) => !isLoopback(host) && port > 0)
      .map(({ port }, index) => ({ name: portName(isAlone ? 'app' : name, index), port })),
  );
  const shared =
    isLoopback(gateway.host) || gateway.port === 0 ? [] : [{ name: 'gateway', port: gateway.port }];
  return {
    name: toProjectName(isAlone ? first.service : basename),
    version: isAlone ? first.version : '1.0.0',
    instances: services.reduce((sum, { instances }) => sum + instances, 0),
    folder: root,
    // What was detected is written down: an image may have other tools, in which something else would be found.
    words: isAlone && file === null ? ['run', '--', ...first.command.argv] : ['run'],
    drain: { calls: longest(({ drain }) => drain.calls), jobs: longest(({ drain }) => drain.jobs) },
    stop: longest(({ restart }) => restart.stopTimeout),
    startup: longest(
      ({ build, ready, instances }) => (build?.timeout ?? 0) + ready.timeout * Math.min(2, instances),
    ),
    ports: [...shared, ...proxies],
  };
}

/** Unique among those of one service, and no longer than Kubernetes allows. */
function portName(service: string, index: number): string {
  const suffix = index === 0 ? '' : `-${index + 1}`;
  const name = toProjectName(service).slice(0, PORT_NAME_LENGTH - suffix.length);
  return `${name.replace(/-+$/, '')}${suffix}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}
