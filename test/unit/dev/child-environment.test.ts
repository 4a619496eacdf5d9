import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../../src/dev/child-environment.js';

type Service = Parameters<typeof childEnvironment>[0]['service'];

const unconfigured = {
  service: 'game',
  serviceIsConfigured: false,
  version: '1.0.0',
  versionIsConfigured: false,
  gameId: null,
  env: null,
  environment: {},
  envFileVariables: {},
} satisfies Service;

function environment(service: Partial<Service> = {}, inherited: NodeJS.ProcessEnv = {}, color = false) {
  return childEnvironment({
    service: { ...unconfigured, ...service },
    instance: null,
    generation: 7,
    agentAddress: '127.0.0.1:5',
    port: 4000,
    inherited,
    color,
  });
}

describe('the environment of a generation', () => {
  it('has what every child is told, and no identity that nobody configured', () => {
    expect(environment({}, { HOME: '/home/dev', PORT: '80' })).toEqual({
      HOME: '/home/dev',
      CROUPIER_AGENT_ADDR: '127.0.0.1:5',
      CROUPIER_GENERATION: '7',
      CROUPIER_HOTRELOAD: 'true',
      PORT: '4000',
    });
  });

  it('has the identity where it was configured', () => {
    const configured = { serviceIsConfigured: true, versionIsConfigured: true, gameId: 'g', env: 'dev' };
    expect(environment(configured)).toMatchObject({
      CROUPIER_SERVICE_ID: 'game',
      CROUPIER_SERVICE_VERSION: '1.0.0',
      CROUPIER_GAME_ID: 'g',
      CROUPIER_ENV: 'dev',
    });
  });

  it('is ordered: the file below the runner, that below what is ours, that below the key `environment`', () => {
    const service = { envFileVariables: { A: 'file', B: 'file', PORT: '1' }, environment: { B: 'key' } };
    expect(environment(service, { A: 'runner' })).toMatchObject({ A: 'runner', B: 'key', PORT: '4000' });
    expect(environment({ environment: { PORT: '99' } }).PORT).toBe('99');
  });

  it('asks for colours where our own output shows them, unless the user said otherwise', () => {
    expect(environment({}, {}, true).FORCE_COLOR).toBe('1');
    expect(environment({}, { NO_COLOR: '1' }, true).FORCE_COLOR).toBeUndefined();
    expect(environment({}, {}, false).FORCE_COLOR).toBeUndefined();
  });
});
