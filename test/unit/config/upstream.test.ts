import { describe, expect, it } from 'vitest';
import { Project } from './project.js';

const NO_FILES = { ca: null, cert: null, key: null, serverName: null };

async function upstreamOf(config: object, options: Parameters<Project['session']>[0] = {}) {
  const project = await Project.create({ 'croupier.config.json': { command: 'node x.js', ...config } });
  const session = await project.session(options);
  return { project, session, upstream: session.upstream };
}

async function problemOf(config: object) {
  const project = await Project.create({ 'croupier.config.json': { command: 'node x.js', ...config } });
  return project.error();
}

describe('upstream', () => {
  it('that nobody named is looked for at the default address', async () => {
    const probe = { kind: 'probe', host: '127.0.0.1', port: 19_090 };
    expect((await upstreamOf({})).upstream).toEqual(probe);
    expect((await upstreamOf({ upstream: null })).upstream).toEqual(probe);
    expect((await upstreamOf({}, { flags: { port: 0 } })).upstream).toEqual(probe);
    expect((await upstreamOf({ gateway: { listen: 19_091 } })).upstream).toEqual(probe);
  });

  it('is not looked for where the gateway is to have that address', async () => {
    expect((await upstreamOf({ gateway: { listen: '127.0.0.1:19090' } })).upstream).toEqual({ kind: 'none' });
    expect((await upstreamOf({}, { flags: { port: 19_090 } })).upstream).toEqual({ kind: 'none' });
  });

  it('none is none', async () => {
    expect((await upstreamOf({ upstream: 'none' })).upstream).toEqual({ kind: 'none' });
    const file = { upstream: { url: 'agent://host:1' } };
    expect((await upstreamOf(file, { flags: { upstream: 'none' } })).upstream).toEqual({ kind: 'none' });
    expect((await upstreamOf(file, { env: { CROUPIER_UPSTREAM: 'none' } })).upstream).toEqual({
      kind: 'none',
    });
  });

  it.each([
    ['agent://host', 'agent', 'host', 19_090],
    ['server://game.example', 'server', 'game.example', 8443],
    ['edge://[::1]', 'edge', '::1', 9443],
    ['edge://10.0.0.1:1/', 'edge', '10.0.0.1', 1],
  ])('%s', async (url, kind, host, port) => {
    const { upstream } = await upstreamOf({ upstream: { url } });
    expect(upstream).toEqual({
      kind,
      url,
      host,
      port,
      agentId: null,
      tls: kind === 'agent' ? null : NO_FILES,
      reconnect: { delay: 1000, max: 30_000 },
    });
  });

  it('has its certificates beside the configuration file, and plain text where that is said', async () => {
    const tls = { ca: 'certs/ca.pem', cert: '/etc/a.pem', key: 'a.key', serverName: 'agent.local' };
    const { project, upstream } = await upstreamOf({ upstream: { url: 'agent://host', tls } });
    expect(upstream).toMatchObject({
      tls: {
        ca: `${project.folder}/certs/ca.pem`,
        cert: '/etc/a.pem',
        key: `${project.folder}/a.key`,
        serverName: 'agent.local',
      },
    });
    const plain = await upstreamOf({ upstream: { url: 'server://host', tls: false } });
    expect(plain.upstream).toMatchObject({ tls: null });
  });

  it('flag wins over variable, variable over file, and the rest of the file stays', async () => {
    const file = {
      upstream: { url: 'server://file', agentId: 'me', tls: { ca: 'ca.pem' }, reconnect: { delay: '2s' } },
    };
    const env = { CROUPIER_UPSTREAM: 'server://variable:2' };
    expect((await upstreamOf(file, { env })).upstream).toMatchObject({
      host: 'variable',
      port: 2,
      agentId: 'me',
      reconnect: { delay: 2000, max: 30_000 },
    });
    const { upstream, project } = await upstreamOf(file, { env, flags: { upstream: 'edge://flag:3' } });
    expect(upstream).toMatchObject({
      kind: 'edge',
      host: 'flag',
      tls: { ...NO_FILES, ca: `${project.folder}/ca.pem` },
    });
  });

  it.each([
    [{ url: 'http://host' }, 'upstream.url', 'agent://host:port'],
    [{ url: 'agent://' }, 'upstream.url', 'agent://host:port'],
    [{ url: 'agent://host:70000' }, 'upstream.url', '1 to 65535'],
    [{ url: 'agent://host:0' }, 'upstream.url', '1 to 65535'],
    [{ url: 'agent://user@host' }, 'upstream.url', 'agent://host:port'],
    [{ url: 'agent://host', tls: true }, 'upstream.tls', 'false for plain text'],
    [{ url: 'agent://host', tls: { cert: 'a.pem' } }, 'upstream.tls', '"cert" is given without "key"'],
    [{ url: 'agent://host', tls: { key: 'a.key' } }, 'upstream.tls', '"key" is given without "cert"'],
    [
      { url: 'agent://host', reconnect: { delay: '5s', max: '1s' } },
      'upstream.reconnect.max',
      'must not be longer',
    ],
    [{ url: 'agent://host', reconnect: { delay: '1m' } }, 'upstream.reconnect.delay', 'must not be longer'],
    [{ url: 'agent://host', reconect: {} }, 'upstream.reconect', 'no such key'],
    ['agent://host:1', 'upstream', 'an object with a url'],
  ])('%j is an error', async (upstream, key, complaint) => {
    const { message } = await problemOf({ upstream });
    expect(message).toMatch(/^croupier\.config\.json:1:\d+: /);
    expect(message).toContain(`\`${key}\` is `);
    expect(message).toContain(complaint);
  });
});

describe('gateway', () => {
  it('has the address that others dial, and certificates beside the file', async () => {
    const { project, session } = await upstreamOf({
      gateway: {
        listen: '0.0.0.0:7000',
        advertise: 'dev.example:0',
        tls: { cert: 'g.pem', key: 'g.key', ca: 'clients.pem' },
        childTls: { ca: 'children.pem' },
      },
    });
    expect(session.gateway).toEqual({
      host: '0.0.0.0',
      port: 7000,
      portIsFixed: true,
      advertise: 'dev.example:0',
      tls: {
        cert: `${project.folder}/g.pem`,
        key: `${project.folder}/g.key`,
        ca: `${project.folder}/clients.pem`,
        serverName: null,
      },
      childTls: { ...NO_FILES, ca: `${project.folder}/children.pem` },
    });
  });

  it.each([
    [{ tls: { ca: 'ca.pem' } }, 'gateway.tls', '"cert" and "key" are missing'],
    [{ tls: {} }, 'gateway.tls', '"cert" and "key" are missing'],
    [{ childTls: { key: 'a.key' } }, 'gateway.childTls', '"key" is given without "cert"'],
    [{ advertise: 'nowhere' }, 'gateway.advertise', 'an address such as'],
  ])('%j is an error', async (gateway, key, complaint) => {
    const { message } = await problemOf({ gateway });
    expect(message).toContain(`\`${key}\` is `);
    expect(message).toContain(complaint);
  });

  it('drain policies', async () => {
    const { session } = await upstreamOf({ drain: { policy: 'deregister' } });
    expect(session.services[0]?.drain).toEqual({ calls: 10_000, jobs: 30_000, policy: 'deregister' });
    expect((await upstreamOf({})).session.services[0]?.drain.policy).toBe('hold');
    expect((await problemOf({ drain: { policy: 'wait' } })).message).toContain(
      'one of "hold", "deregister", "auto"',
    );
  });
});
