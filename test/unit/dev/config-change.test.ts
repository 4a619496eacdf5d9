import { describe, expect, it } from 'vitest';
import type { ServiceConfig, SessionConfig } from '../../../src/config/types.js';
import { compareConfigs } from '../../../src/dev/config-change.js';
import { serviceConfig, sessionConfig } from './service-config.js';

const service = (name: string, part: Partial<ServiceConfig> = {}) =>
  serviceConfig({ name, service: name, cwd: `/project/${name}`, ...part });

function compare(before: SessionConfig, after: SessionConfig) {
  return compareConfigs(before, after, { stdinIsFixed: false });
}

function summary(before: SessionConfig, after: SessionConfig) {
  const { added, removed, changed } = compare(before, after);
  return { added: added.map(({ name }) => name), removed, changed: changed.map(({ name }) => name) };
}

describe('services', () => {
  it('are compared by name, in whatever order they stand', () => {
    const before = sessionConfig([service('game'), service('shop')]);
    const after = sessionConfig([service('shop', { gameId: 'chess' }), service('game')]);
    expect(summary(before, after)).toEqual({ added: [], removed: [], changed: ['shop'] });
    expect(compare(before, after).config.services).toEqual(after.services);
  });

  it('come and go', () => {
    const before = sessionConfig([service('game'), service('shop')]);
    const after = sessionConfig([service('game'), service('chat')]);
    expect(summary(before, after)).toEqual({ added: ['chat'], removed: ['shop'], changed: [] });
    expect(compare(before, after).config.services.map(({ name }) => name)).toEqual(['game', 'chat']);
  });

  it('one that is alone is the same under another name, and keeps its name in the session', () => {
    const before = sessionConfig([service('game')]);
    const after = sessionConfig([service('lobby', { cwd: '/project/game' })]);
    expect(summary(before, after)).toEqual({ added: [], removed: [], changed: ['game'] });
    expect(compare(before, after).config.services).toMatchObject([{ name: 'game', service: 'lobby' }]);
  });

  it('one that is alone in another folder is another', () => {
    expect(summary(sessionConfig([service('game')]), sessionConfig([service('lobby')]))).toEqual({
      added: ['lobby'],
      removed: ['game'],
      changed: [],
    });
  });
});

describe('keys that take another session', () => {
  const before = sessionConfig();
  const { gateway } = before;
  const tls = { ca: null, cert: 'a', key: 'b', serverName: null };
  const withGateway = (part: Partial<SessionConfig['gateway']>) =>
    sessionConfig(before.services, { gateway: { ...gateway, ...part } });

  it.each([
    ['gateway.listen', withGateway({ port: 1, portIsFixed: true })],
    ['gateway.listen', withGateway({ host: '0.0.0.0' })],
    ['control.listen', sessionConfig([serviceConfig()], { control: { host: '127.0.0.1', port: 1 } })],
    ['gateway.advertise', withGateway({ advertise: 'game.example:0' })],
    ['gateway.tls', withGateway({ tls })],
    ['gateway.childTls', withGateway({ childTls: tls })],
    ['upstream', sessionConfig(before.services, { upstream: { kind: 'probe', host: 'a', port: 1 } })],
  ])('%s is named once, and stays as it is', (key, after) => {
    const { sessionKeys, config } = compare(before, after);
    expect(sessionKeys).toEqual([key]);
    expect(config).toEqual(before);
  });

  it('of a service are named with it where there are several', () => {
    const proxy = [{ host: '127.0.0.1', port: 8000 }];
    expect(compare(before, sessionConfig([serviceConfig({ proxy })])).sessionKeys).toEqual(['proxy']);
    const both = sessionConfig([service('game'), service('shop')]);
    const after = sessionConfig([service('game'), service('shop', { proxy })]);
    expect(compare(both, after).sessionKeys).toEqual(['services.shop.proxy']);
  });

  it('nothing is different', () => {
    expect(compare(before, sessionConfig())).toEqual({
      added: [],
      removed: [],
      changed: [],
      sessionKeys: [],
      config: before,
    });
  });
});
