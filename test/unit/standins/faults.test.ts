import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LocalControlServiceService as Control } from '../../standins/gen/agent.js';
import { FunctionServiceService as Functions } from '../../standins/gen/function.js';
import { agent, Calls, isPending, until } from './calls.js';
import { registration, shown } from './registrations.js';

const GAME = registration('game', 'a:1', ['echo']);

describe('an agent that is told to', () => {
  test('hang takes the RPC, answers nothing, and goes on where it was', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    control.hang(['register']);
    const answer = calls.send(Control.registerLocal, GAME);
    await until('it has arrived', () => control.counts().register === 1);
    expect(await isPending(answer, () => calls.send(Control.listLocal, {}))).toBe(true);
    expect(control.registry()).toEqual([]);
    control.resume();
    expect(await answer).toMatchObject({ ok: {} });
    expect(shown(control.registry())).toHaveProperty('echo');
  });

  test('hang does nothing for a caller who went away meanwhile', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    control.hang(['register']);
    const answer = calls.send(Control.registerLocal, GAME, { deadline: Date.now() + 100 });
    expect(await answer).toMatchObject({ failed: expect.stringMatching(/^DEADLINE_EXCEEDED/) });
    // On the same connection: what was sent before has arrived as well.
    await calls.send(Control.listLocal, {});
    control.resume();
    expect(await calls.send(Control.listLocal, {})).toEqual({ ok: { functions: [] } });
  });

  test.each(['UNAVAILABLE', 'PERMISSION_DENIED'] as const)(
    'refuse answers %s until it accepts',
    async (code) => {
      const { address, control } = await agent();
      const calls = new Calls(address);
      control.refuse(code, 'not today');
      expect(await calls.send(Control.registerLocal, GAME)).toEqual({ failed: `${code}: not today` });
      expect(await calls.send(Control.heartbeat, { serviceId: 'game', sessionId: '' })).toEqual({ ok: {} });
      expect(control.registry()).toEqual([]);
      control.accept();
      expect(await calls.send(Control.registerLocal, GAME)).toMatchObject({ ok: {} });
    },
  );

  test('be slow lets an RPC take effect later', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    control.slow(150, ['heartbeat']);
    const startedAt = performance.now();
    await calls.send(Control.heartbeat, { serviceId: 'game', sessionId: '' });
    // Timers of Node can be a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThan(148);
    control.slow(0);
    expect(await calls.send(Control.listLocal, {})).toMatchObject({ ok: {} });
  });

  test('forget knows nothing, on the connections that it had', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    await calls.send(Control.registerLocal, GAME);
    control.forget();
    expect(await calls.send(Control.listLocal, {})).toEqual({ ok: { functions: [] } });
    expect(control.connections()).toBe(1);
  });

  test('drop cuts every connection, and serves new ones', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    await calls.send(Control.registerLocal, GAME);
    control.hang(['heartbeat']);
    const cut = calls.send(Control.heartbeat, { serviceId: 'game', sessionId: '' });
    await until('it has arrived', () => control.counts().heartbeat === 1);
    control.drop();
    expect(await cut).toMatchObject({ failed: expect.stringMatching(/^UNAVAILABLE/) });
    control.resume();
    const later = await new Calls(address).send(Control.listLocal, {});
    expect('ok' in later && shown(later.ok.functions)).toHaveProperty('echo');
  });

  test('stop listening refuses new connections and keeps the others', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    await calls.send(Control.registerLocal, GAME);
    control.stopListening();
    await until('new connections are refused', async () => !(await canConnect(address)));
    expect(await calls.send(Control.listLocal, {})).toMatchObject({ ok: {} });
    await control.listen();
    expect(await canConnect(address)).toBe(true);
  });

  test('hold connections accepts them, answers nothing on them, and serves them in the end', async () => {
    const { address, control } = await agent();
    const before = new Calls(address);
    await before.send(Control.registerLocal, GAME);
    control.holdConnections();
    const answer = new Calls(address).send(Control.listLocal, {});
    await until('it is connected', () => control.connections() === 2);
    expect(await isPending(answer, () => before.send(Control.listLocal, {}))).toBe(true);
    control.releaseConnections();
    expect(await answer).toMatchObject({ ok: {} });
  });

  test('hang calls leaves registration alone', async () => {
    const { address, control } = await agent();
    const calls = new Calls(address);
    control.hang(['call']);
    const request = { functionId: 'echo', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
    const answer = calls.send(Functions.invoke, request);
    expect(await isPending(answer, () => calls.send(Control.registerLocal, GAME))).toBe(true);
    control.forget();
    control.resume();
    expect(await answer).toEqual({ ok: { payload: Buffer.alloc(0) } });
  });
});

function canConnect(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
