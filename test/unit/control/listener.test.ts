import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlListener } from '../../../src/control/listener.js';
import { openControlDoor } from '../../../src/dev/control-listener.js';

async function open(port = 0): Promise<ControlListener> {
  const listener = await ControlListener.open('127.0.0.1', port);
  if (!listener.ok) throw new Error(listener.error);
  onTestFinished(() => listener.value.close());
  return listener.value;
}

describe('the listener of the control API', () => {
  it('tells that the session is starting until it is served, and loads what answers at the first request', async () => {
    const listener = await open();
    const early = await fetch(`${listener.url}/healthz`);
    expect(early.status).toBe(503);
    expect(await early.json()).toMatchObject({ error: { code: 'session-starting' } });
    let loads = 0;
    listener.serve(async () => {
      loads += 1;
      return async (_, response) => {
        response.end('served');
      };
    });
    expect(loads).toBe(0);
    const answers = await Promise.all([fetch(listener.url), fetch(listener.url)]);
    expect(await Promise.all(answers.map((one) => one.text()))).toEqual(['served', 'served']);
    expect(loads).toBe(1);
  });

  it('says why it cannot listen', async () => {
    const { port } = await open();
    expect(await ControlListener.open('127.0.0.1', port)).toMatchObject({
      ok: false,
      error: expect.stringContaining('EADDRINUSE'),
    });
    expect((await ControlListener.open('256.0.0.1', 0)).ok).toBe(false);
  });

  it('of a session has a token of its own, and a port that is asked for and taken is told to the user', async () => {
    const doors = await Promise.all([1, 2].map(() => openControlDoor({ host: '127.0.0.1', port: 0 })));
    const tokens = doors.map((door) => (door.ok ? door.value.token : ''));
    for (const door of doors) if (door.ok) await door.value.listener.close();
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const { port } = await open();
    const taken = await openControlDoor({ host: '127.0.0.1', port });
    expect(taken).toMatchObject({ ok: false, error: { exitCode: 3 } });
    if (taken.ok) throw new Error('it listens on a port that is taken');
    expect(taken.error.message).toMatch(
      new RegExp(`cannot listen on 127.0.0.1:${port}: it is taken by .*${process.pid}`),
    );
    expect(taken.error.wayOut).toContain('"control"');
  });

  it('names where it is reached', async () => {
    const { url, port } = await open();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const everywhere = await ControlListener.open('0.0.0.0', 0);
    if (!everywhere.ok) throw new Error(everywhere.error);
    expect(everywhere.value.url).toBe(`http://127.0.0.1:${everywhere.value.port}`);
    await everywhere.value.close();
  });

  it('closes with connections that are idle, and with answers that never come', async () => {
    const listener = await open();
    listener.serve(async () => async () => undefined);
    const idle = connect(listener.port, '127.0.0.1');
    const waiting = connect(listener.port, '127.0.0.1');
    await Promise.all([once(idle, 'connect'), once(waiting, 'connect')]);
    const ends = [idle, waiting].map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on('error', () => undefined).once('close', () => resolve());
        }),
    );
    waiting.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await listener.close();
    await Promise.all(ends);
    await listener.close();
  });
});
