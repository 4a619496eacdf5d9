import { expect, test } from 'vitest';
import { adaptConfig } from '../../../src/check/adapt-config.js';
import type { BuildConfig, SessionConfig } from '../../../src/config/types.js';
import { commandLine, serviceConfig, sessionConfig } from '../dev/service-config.js';

const build: BuildConfig = {
  command: commandLine('go build -o {artifact} .'),
  timeout: 1000,
  artifact: '/project/.croupier/build/{generation}/bin/app',
  producesArtifact: true,
  checkOnly: true,
};

const config: SessionConfig = sessionConfig(
  [serviceConfig({ build, stdin: true, instances: 4, proxy: [{ host: '0.0.0.0', port: 8000 }] })],
  {
    gateway: { ...sessionConfig().gateway, host: '0.0.0.0', portIsFixed: true },
    upstream: { kind: 'probe', host: '127.0.0.1', port: 19090 },
    control: { host: '0.0.0.0', port: 19191 },
  },
);

const options = {
  folder: '/project/.croupier/check-1-ab',
  usesUpstream: false,
  usesPort: false,
  skipsBuild: false,
};

test('a check meets nobody: free ports, no upstream, a folder of its own', () => {
  const adapted = adaptConfig(config, options);
  expect(adapted.gateway).toMatchObject({ host: '127.0.0.1', port: 0, portIsFixed: false });
  expect(adapted.control).toEqual({ host: '127.0.0.1', port: 0 });
  expect(adapted.upstream).toEqual({ kind: 'none' });
  const [service] = adapted.services;
  expect(service).toMatchObject({ stdin: false, instances: 1, proxy: [{ host: '0.0.0.0', port: 0 }] });
  expect(service?.build).toMatchObject({
    artifact: '/project/.croupier/check-1-ab/game/{generation}/bin/app',
    checkOnly: false,
  });
  expect(service?.restart.keepOld).toBe(500);
});

test('what was asked for on the command line stays', () => {
  const adapted = adaptConfig(config, { ...options, usesUpstream: true, usesPort: true, skipsBuild: true });
  expect(adapted.gateway).toEqual(config.gateway);
  expect(adapted.upstream).toEqual(config.upstream);
  expect(adapted.services[0]?.build).toBeNull();
});
