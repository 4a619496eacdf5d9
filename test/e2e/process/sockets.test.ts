import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { findOwner, socketOwnerPids } from '../../../src/process/attribution.js';
import { probeListening } from '../../../src/process/auto-probe.js';
import { listSocketsByLsof } from '../../../src/process/lsof.js';
import { freePort, listenerOwner, whoListens } from '../../../src/process/ports.js';
import { waitUntilReady } from '../../../src/process/readiness.js';
import { fixture, type StartedChild, specOf, start } from './support.js';

async function startListener(...args: string[]): Promise<{ started: StartedChild; port: number }> {
  const started = await start(specOf('listener.mjs', args));
  return { started, port: Number(await started.says(/listening (\d+)/)) };
}

describe('who listens', () => {
  it('names command and pid', async () => {
    const { started, port } = await startListener('127.0.0.1', '0');
    const holder = await whoListens(port);
    expect(holder).toMatch(/^node .*listener\.mjs/);
    expect(holder?.endsWith(`(pid ${started.child.pid})`)).toBe(true);
    await started.child.stop('SIGKILL', 0);
    expect(await whoListens(port)).toBeNull();
  });

  it('tells addresses apart', async () => {
    const { started, port } = await startListener('127.0.0.1', '0');
    const pids = [started.child.pid];
    expect(await listenerOwner({ host: '127.0.0.1', port })).toEqual(pids);
    expect(await listenerOwner({ host: 'localhost', port })).toEqual(pids);
    expect(await listenerOwner({ host: '', port })).toEqual(pids);
    expect(await listenerOwner({ host: '::1', port })).toEqual([]);
    expect(await listenerOwner({ host: '127.0.0.2', port })).toEqual([]);
  });

  it('a wildcard listener is reached by every address', async () => {
    const { started, port } = await startListener('::', '0');
    expect(await listenerOwner({ host: '127.0.0.1', port })).toEqual([started.child.pid]);
  });
});

describe('attribution', () => {
  let gateway: Server;
  let localPort: number;
  beforeEach(async () => {
    gateway = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const address = gateway.address();
    localPort = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterEach(() => {
    gateway.close();
  });

  const candidate = <T>({ child, marker }: StartedChild, ref: T) => ({ pgid: child.pid, marker, ref });

  async function startCaller() {
    const { started, port } = await startListener('127.0.0.1', '0', String(localPort));
    return { started, port, peer: `127.0.0.1:${await started.says(/connected (\d+)/)}` };
  }

  it('finds the group that owns the end of a connection', async () => {
    const [first, second] = await Promise.all([startCaller(), startCaller()]);
    const candidates = [candidate(first.started, 'first'), candidate(second.started, 'second')];
    for (const [caller, ref] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      expect(await findOwner(candidates, { peer: caller.peer, localPort, rpcAddress: '' })).toBe(ref);
      expect(await socketOwnerPids(caller.peer, localPort)).toEqual([caller.started.child.pid]);
    }
    // The gateway's own end of the connection is not the caller's.
    expect(await socketOwnerPids(`127.0.0.1:${localPort}`, localPort)).toEqual([]);
  });

  it('the connection decides before the address that is registered', async () => {
    const [first, second] = await Promise.all([startCaller(), startCaller()]);
    const candidates = [candidate(first.started, 'first'), candidate(second.started, 'second')];
    const rpcAddress = `127.0.0.1:${second.port}`;
    expect(await findOwner(candidates, { peer: first.peer, localPort, rpcAddress })).toBe('first');
  });

  it.each(['127.0.0.1', '0.0.0.0', '[::]', '', 'localhost'])(
    'else finds the group that listens where the caller says, host "%s"',
    async (host) => {
      const [first, second] = await Promise.all([startListener('::', '0'), startListener('::', '0')]);
      const candidates = [candidate(first.started, 'first'), candidate(second.started, 'second')];
      const query = { peer: '127.0.0.1:1', localPort, rpcAddress: `${host}:${first.port}` };
      expect(await findOwner(candidates, query)).toBe('first');
    },
  );

  it('finds a caller that left its group, by the marker', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, [process.argv[1], '127.0.0.1', '0', process.argv[2]], { detached: true, stdio: 'inherit' });
      setInterval(() => {}, 1e6);`;
    const argv = [process.execPath, '-e', script, fixture('listener.mjs'), String(localPort)];
    const started = await start(specOf('', [], { command: { argv, shell: false, display: '' } }));
    const peer = `127.0.0.1:${await started.says(/connected (\d+)/)}`;
    const query = { peer, localPort, rpcAddress: '' };
    expect(await findOwner([{ pgid: started.child.pid, ref: 'group' }], query)).toBeNull();
    expect(await findOwner([candidate(started, 'marked')], query)).toBe('marked');
  });

  it('nobody of the candidates', async () => {
    const [stranger, bystander] = await Promise.all([startCaller(), startCaller()]);
    const query = { peer: stranger.peer, localPort, rpcAddress: `127.0.0.1:${stranger.port}` };
    expect(await findOwner([candidate(bystander.started, 'bystander')], query)).toBeNull();
    expect(await findOwner([], query)).toBeNull();
  });

  it('lsof tells the same as the kernel', async () => {
    const { started, port, peer } = await startCaller();
    const { pid } = started.child;
    const group = { pid, group: pid };
    const caller = { host: '127.0.0.1', port: Number(peer.split(':')[1]) };
    const sockets = await listSocketsByLsof({ group: pid });
    expect(sockets).toContainEqual({ ...group, host: '127.0.0.1', port, remote: null });
    expect(sockets).toContainEqual({ ...group, ...caller, remote: { host: '127.0.0.1', port: localPort } });
    expect(await listSocketsByLsof({ port })).toEqual([{ ...group, host: '127.0.0.1', port, remote: null }]);
  });
});

describe('readiness by any listener', () => {
  const never = new AbortController().signal;

  it('finds a listener of the group on another port than PORT', async () => {
    const { started } = await startListener('127.0.0.1', '0');
    const { child } = started;
    const ready = { kind: 'auto', timeout: 30_000 } as const;
    const options = { ready, port: await freePort(), child, clock: systemClock, signal: never };
    expect(await waitUntilReady(options)).toEqual({ ok: true });
  });

  it('finds a listener of a grandchild', async () => {
    const script = `require('node:child_process').spawn(process.execPath, [process.argv[1], '127.0.0.1', '0'], { stdio: 'inherit' })`;
    const argv = [process.execPath, '-e', script, fixture('listener.mjs')];
    const started = await start(specOf('', [], { command: { argv, shell: false, display: '' } }));
    const probe = probeListening({ port: await freePort(), pgid: started.child.pid });
    await started.says(/listening/);
    expect(await probe(never)).toBe(true);
  });

  it('a process that does not listen, or only for its debugger, is not ready', async () => {
    const quiet = await start(specOf('lone.mjs', ['polite']));
    await quiet.says(/ready/);
    expect(await probeListening({ port: await freePort(), pgid: quiet.child.pid })(never)).toBe(false);

    const inspector = await freePort();
    const argv = [process.execPath, `--inspect=127.0.0.1:${inspector}`, fixture('lone.mjs'), 'polite'];
    const debugged = await start(specOf('', [], { command: { argv, shell: false, display: '' } }));
    await debugged.says(/ready/);
    expect(await whoListens(inspector)).toContain(`pid ${debugged.child.pid}`);
    expect(await probeListening({ port: await freePort(), pgid: debugged.child.pid })(never)).toBe(false);
  });

  it('ends when the process exits', async () => {
    const started = await start(specOf('lone.mjs', ['polite']));
    await started.says(/ready/);
    const { child } = started;
    const port = await freePort();
    const ready = { kind: 'auto', timeout: 30_000 } as const;
    const waiting = waitUntilReady({ ready, port, child, clock: systemClock, signal: never });
    await child.stop('SIGTERM', 10_000);
    expect(await waiting).toEqual({
      ok: false,
      waitedFor: `a connection on PORT ${port}, or on any port of the process`,
    });
  });
});
