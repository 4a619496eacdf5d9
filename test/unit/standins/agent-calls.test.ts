import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { LocalControlServiceService as Control } from '../../standins/gen/agent.js';
import { FunctionServiceService as FunctionV1, InvokeRequest } from '../../standins/gen/function.js';
import { InvokerServiceService as Invoker, FunctionServiceService as SdkV1 } from '../../standins/gen/sdk.js';
import { FUNCTION_SERVICES } from '../../standins/methods.js';
import { Refusal } from '../../standins/refusal.js';
import type { AgentOptions } from '../../standins/standin-agent.js';
import { agent, Calls, gameServer, until } from './calls.js';
import { registration } from './registrations.js';

function call(functionId: string, payload = '"hi"'): InvokeRequest {
  return { functionId, idempotencyKey: 'key', payload: Buffer.from(payload), metadata: { route: 'hash' } };
}

/** An agent at which a game server has registered. */
async function connected(options: Partial<AgentOptions> = {}, functions: readonly string[] = ['echo']) {
  const game = await gameServer();
  const { address, control } = await agent(options);
  const calls = new Calls(address);
  await calls.send(Control.registerLocal, registration('game', game.address, functions));
  return { game, control, calls };
}

describe('a call', () => {
  test.each([
    ['function.v1', FunctionV1],
    ['invoker', Invoker],
    ['sdk.v1', SdkV1],
  ])('by %s reaches the game server as it is', async (_name, service) => {
    const { game, calls, control } = await connected();
    expect(await calls.send(service.invoke, call('echo'))).toEqual({ ok: { payload: Buffer.from('"hi"') } });
    expect(InvokeRequest.decode(game.seen[0]?.body ?? Buffer.alloc(0))).toEqual(call('echo'));
    expect(control.counts()).toMatchObject({ invoke: 1 });
  });

  test('is made with a new connection each, within the limit', async () => {
    const { game, calls } = await connected();
    for (let nth = 0; nth < 3; nth++) await calls.send(FunctionV1.invoke, call('echo'));
    expect(game.seen.map(({ connection }) => connection)).toEqual([1, 2, 3]);
    expect(game.seen[0]).toMatchObject({ contentType: 'application/grpc', timeout: '3000m' });
    await until('no connection is kept', () => game.open === 0);
  });

  test.each(['function.v1', 'invoker', 'sdk.v1'] as const)('goes by the service %s', async (service) => {
    const { game, calls } = await connected({ service });
    await calls.send(FunctionV1.invoke, call('echo'));
    expect(game.seen[0]?.path).toBe(`/${FUNCTION_SERVICES[service]}/Invoke`);
  });

  test('that takes longer than the limit ends as DEADLINE_EXCEEDED, and its connection is closed', async () => {
    const { game, calls } = await connected({ limitMs: 100 }, ['slow']);
    game.functions.set('slow', () => 'hang');
    expect(await calls.send(FunctionV1.invoke, call('slow'))).toMatchObject({
      failed: expect.stringMatching(/^DEADLINE_EXCEEDED/),
    });
    await until('no connection is kept', () => game.open === 0);
  });

  test("has the game server's own status", async () => {
    const { game, calls } = await connected({}, ['fail']);
    game.functions.set('fail', () => new Refusal(status.FAILED_PRECONDITION, 'not 100 % ready'));
    expect(await calls.send(FunctionV1.invoke, call('fail'))).toEqual({
      failed: 'FAILED_PRECONDITION: not 100 % ready',
    });
  });

  test('of a function that nobody has is OK and empty', async () => {
    const { calls, game } = await connected();
    expect(await calls.send(FunctionV1.invoke, call('nothing'))).toEqual({
      ok: { payload: Buffer.alloc(0) },
    });
    expect(await calls.send(FunctionV1.startJob, call('nothing'))).toEqual({ ok: { jobId: '' } });
    expect(game.seen).toEqual([]);
  });

  test('to an address where nobody listens is UNAVAILABLE', async () => {
    const { game, calls } = await connected();
    await game.stop();
    expect(await calls.send(FunctionV1.invoke, call('echo'))).toMatchObject({
      failed: expect.stringMatching(/^UNAVAILABLE: .*ECONNREFUSED/),
    });
  });

  test.each(['nonsense', 'host', 'a b:1', '127.0.0.1:0', '127.0.0.1:99999', 'http://127.0.0.1:80'])(
    'to the rpc_addr "%s" is UNAVAILABLE',
    async (rpcAddress) => {
      const calls = new Calls((await agent()).address);
      await calls.send(Control.registerLocal, registration('game', rpcAddress, ['echo']));
      expect(await calls.send(FunctionV1.invoke, call('echo'))).toEqual({
        failed: `UNAVAILABLE: "${rpcAddress}" is no address`,
      });
    },
  );

  test('whose game server dies under it is UNAVAILABLE', async () => {
    const { game, calls } = await connected({}, ['slow']);
    game.functions.set('slow', () => 'hang');
    const outcome = calls.send(FunctionV1.invoke, call('slow'));
    await until('it has arrived', () => game.seen.length === 1);
    await game.stop();
    expect(await outcome).toMatchObject({ failed: expect.stringMatching(/^UNAVAILABLE/) });
  });

  test('that its caller cancels is cancelled at the game server', async () => {
    const { game, calls } = await connected({}, ['slow']);
    game.functions.set('slow', () => 'hang');
    const outcome = calls.send(FunctionV1.invoke, call('slow'), { deadline: Date.now() + 200 });
    expect(await outcome).toMatchObject({ failed: expect.stringMatching(/^DEADLINE_EXCEEDED/) });
    await until('no connection is kept', () => game.open === 0);
  });

  test.each(['[::]', '0.0.0.0', ''])('reaches an rpc_addr on "%s"', async (host) => {
    const game = await gameServer(host === '[::]' ? '::' : '0.0.0.0');
    const calls = new Calls((await agent()).address);
    await calls.send(Control.registerLocal, registration('game', `${host}:${game.port}`, ['echo']));
    expect(await calls.send(FunctionV1.invoke, call('echo'))).toMatchObject({ ok: {} });
  });

  test('with a big payload comes through whole, and one over 4 MiB does not', async () => {
    const { calls, game } = await connected({}, ['big', 'bigger']);
    game.functions.set('big', () => 'x'.repeat(4_000_000));
    game.functions.set('bigger', () => 'x'.repeat(4_200_000));
    const answer = await calls.send(FunctionV1.invoke, call('big'));
    expect('ok' in answer && answer.ok.payload.length).toBe(4_000_000);
    expect(await calls.send(FunctionV1.invoke, call('bigger'))).toMatchObject({
      failed: expect.stringMatching(/^RESOURCE_EXHAUSTED/),
    });
  });
});

describe('trying again', () => {
  function failingFirst(times: number, refusal: Refusal) {
    let calls = 0;
    return () => (++calls > times ? '"at last"' : refusal);
  }
  const unavailable = new Refusal(status.UNAVAILABLE, 'busy');

  test('three times more at UNAVAILABLE', async () => {
    const { game, calls } = await connected({ retry: true }, ['flaky', 'dead']);
    game.functions.set('flaky', failingFirst(3, unavailable));
    game.functions.set('dead', failingFirst(4, unavailable));
    expect(await calls.send(FunctionV1.invoke, call('flaky'))).toMatchObject({ ok: {} });
    expect(await calls.send(FunctionV1.invoke, call('dead'))).toEqual({ failed: 'UNAVAILABLE: busy' });
    expect(game.seen).toHaveLength(8);
  });

  test('at DEADLINE_EXCEEDED of the limit for one try', async () => {
    const { game, calls } = await connected({ retry: true, limitMs: 100 }, ['slow']);
    let tries = 0;
    game.functions.set('slow', () => (++tries === 1 ? 'hang' : '"done"'));
    expect(await calls.send(FunctionV1.invoke, call('slow'))).toMatchObject({ ok: {} });
  });

  test('not at any other status, and not without the option', async () => {
    const retrying = await connected({ retry: true }, ['flaky']);
    retrying.game.functions.set('flaky', failingFirst(1, new Refusal(status.INTERNAL, 'bug')));
    expect(await retrying.calls.send(FunctionV1.invoke, call('flaky'))).toEqual({ failed: 'INTERNAL: bug' });
    const plain = await connected({}, ['flaky']);
    plain.game.functions.set('flaky', failingFirst(1, unavailable));
    expect(await plain.calls.send(FunctionV1.invoke, call('flaky'))).toEqual({ failed: 'UNAVAILABLE: busy' });
  });
});

describe('the JSON codec', () => {
  test('is on the wire as agents of the field send it', async () => {
    const { game, calls } = await connected({ codec: 'json' });
    expect(await calls.send(FunctionV1.invoke, call('echo'))).toEqual({
      ok: { payload: Buffer.from('"hi"') },
    });
    expect(game.seen[0]?.contentType).toBe('application/grpc+json');
    expect(JSON.parse(String(game.seen[0]?.body))).toEqual({
      function_id: 'echo',
      idempotency_key: 'key',
      payload: Buffer.from('"hi"').toString('base64'),
      metadata: { route: 'hash' },
    });
  });

  test('leaves out what is empty, and reads it as empty', async () => {
    const { game, calls } = await connected({ codec: 'json' }, ['silent']);
    game.functions.set('silent', () => '');
    const bare = { functionId: 'silent', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
    expect(await calls.send(FunctionV1.invoke, bare)).toEqual({ ok: { payload: Buffer.alloc(0) } });
    expect(String(game.seen[0]?.body)).toBe('{"function_id":"silent"}');
  });

  test('an answer that is no JSON is INTERNAL', async () => {
    const { calls } = await connected({ codec: 'json' });
    const other = await gameServer();
    other.answerWith = Buffer.from([10, 2, 104, 105]);
    await calls.send(Control.registerLocal, registration('game', other.address, ['echo']));
    expect(await calls.send(FunctionV1.invoke, call('echo'))).toMatchObject({
      failed: expect.stringMatching(/^INTERNAL: failed to unmarshal/),
    });
  });
});
