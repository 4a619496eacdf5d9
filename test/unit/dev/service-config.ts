import type { CommandLine, ServiceConfig, SessionConfig } from '../../../src/config/types.js';
import { DEFAULT_HOLD } from '../../../src/config/types.js';

export function commandLine(text: string, display = text): CommandLine {
  return { argv: text.split(' '), shell: false, display };
}

/** A service as the configuration gives it: all defaults, and what the test is about. */
export function serviceConfig(part: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    name: 'game',
    service: 'game',
    serviceIsConfigured: true,
    version: '1.0.0',
    versionIsConfigured: false,
    gameId: null,
    env: null,
    command: commandLine('node server.js'),
    commandSource: 'croupier.config.json',
    cwd: '/project',
    environment: {},
    envFileVariables: {},
    envFile: '/project/.env',
    stdin: false,
    dependsOn: [],
    build: null,
    watch: { paths: ['/project'], extensions: [], ignore: [], gitignore: true, quiet: 20, polling: 'auto' },
    rules: [],
    restart: {
      strategy: 'auto',
      signal: 'SIGTERM',
      stopTimeout: 5000,
      keepOld: 2000,
      backoff: { initial: 500, max: 15_000 },
    },
    ready: { kind: 'auto', timeout: 30_000 },
    drain: { calls: 10_000, jobs: 30_000, policy: 'hold' },
    hold: DEFAULT_HOLD,
    replay: [],
    functions: [],
    proxy: [],
    check: { functions: [], invoke: [] },
    instances: 1,
    ...part,
  };
}

export function sessionConfig(
  services: readonly ServiceConfig[] = [serviceConfig()],
  part: Partial<SessionConfig> = {},
): SessionConfig {
  return {
    root: '/project',
    file: '/project/croupier.config.json',
    services,
    gateway: {
      host: '127.0.0.1',
      port: 19090,
      portIsFixed: false,
      advertise: null,
      tls: null,
      childTls: null,
    },
    upstream: { kind: 'none' },
    control: { host: '127.0.0.1', port: 0 },
    notes: [],
    ...part,
  };
}
