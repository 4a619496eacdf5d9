import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectAgent } from '../../../src/protocol/client.js';
import { createService, type Service } from '../../../src/sdk/index.js';
import { FakeAgent } from './fake-agent.js';
import { createServed, requestOf } from './served.js';
import { until } from './until.js';

const CALL = { timeoutMs: 10_000 };

describe('connect()', () => {
  test('serves first, then registers everything that was said about the functions', async () => {
    const { service, agent } = await createServed(
      (service) => {
        service.registerFunction(
          {
            id: 'player.ban',
            version: '2.0.0',
            summary: 'Ban',
            tags: ['player'],
            risk: 'high',
            inputSchema: { type: 'object' },
            outputSchema: '{"type":"null"}',
          },
          () => null,
        );
        service.registerJob({ id: 'season.recalculate' }, () => null);
      },
      { serviceId: 'game', version: '3.1.0' },
    );
    expect(service.state).toBe('registered');
    expect(agent.registrations).toHaveLength(1);
    expect(agent.registrations[0]).toMatchObject({
      serviceId: 'game',
      version: '3.1.0',
      rpcAddr: `127.0.0.1:${service.port}`,
      functions: [
        {
          id: 'player.ban',
          version: '2.0.0',
          summary: 'Ban',
          tags: ['player'],
          risk: 'high',
          inputSchema: '{"type":"object"}',
          outputSchema: '{"type":"null"}',
        },
        { id: 'season.recalculate', version: '1.0.0' },
      ],
    });
  });

  test('resolves without an agent, serves, and registers as soon as one is there', async () => {
    const agent = await new FakeAgent().start();
    agent.stop();
    const service = createService({ agentAddress: agent.address, handleSignals: false });
    const states = recordStates(service);
    onTestFinished(async () => {
      await service.gracefulShutdown();
      agent.stop();
    });

    await service.connect();

    expect(service.state).toBe('disconnected');
    expect(service.port).toBeGreaterThan(0);
    service.registerFunction({ id: 'late' }, () => 'here');
    await agent.start();
    await until('registered', () => service.state === 'registered');
    expect(agent.registered.get(service.serviceId)?.functions.map((one) => one.id)).toEqual(['late']);
    expect(states).toContain('disconnected');
  });

  test('is refused after gracefulShutdown(), and where the address is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void holder.close());
    const address = holder.address();
    const port = typeof address === 'object' ? address?.port : null;
    const service = createService({ listen: `127.0.0.1:${port}`, handleSignals: false });

    await expect(service.connect()).rejects.toThrow(/cannot serve on 127\.0\.0\.1:\d+: .*EADDRINUSE/);

    expect(service.state).toBe('closed');
    await expect(service.connect()).rejects.toThrow('the service is closed');
  });

  test('called twice is one connection', async () => {
    const { service, agent } = await createServed(() => {});
    await service.connect();
    expect(agent.registrations).toHaveLength(1);
  });
});

describe('the registration', () => {
  test('is sent again to an agent that restarted and forgot', async () => {
    const { service, agent } = await createServed((service) =>
      service.registerFunction({ id: 'a' }, () => null),
    );
    for (const round of [1, 2]) {
      agent.stop();
      await until(`lost, round ${round}`, () => service.state === 'disconnected');
      await agent.start();
      await until(`back, round ${round}`, () => agent.registered.has(service.serviceId));
    }
    await until('registered', () => service.state === 'registered');
  });

  test('is repeated when the agent took it without remembering it', async () => {
    const { agent } = await createServed((service) => service.registerFunction({ id: 'a' }, () => null));
    agent.stop();
    agent.onRegister = 'deaf';
    await agent.start();
    await until('the first of them came in', () => agent.registrations.length >= 2);
    agent.onRegister = 'take';
    await until('taken at last', () => agent.registered.size === 1);
  });

  test('follows functions that are added later, once for all of a turn', async () => {
    const { service, agent } = await createServed((service) =>
      service.registerFunction({ id: 'a' }, () => null),
    );
    service.registerFunction({ id: 'b' }, () => null).registerFunction({ id: 'c' }, () => null);
    await until('registered again', () => agent.registrations.length === 2);
    expect(agent.registrations[1]?.functions.map((one) => one.id)).toEqual(['a', 'b', 'c']);
  });

  test('that is refused is an error for those who listen, and kills nobody', async () => {
    const agent = await new FakeAgent().start();
    agent.onRegister = 'refuse';
    const service = createService({ agentAddress: agent.address, handleSignals: false });
    onTestFinished(async () => {
      await service.gracefulShutdown();
      agent.stop();
    });
    await service.connect();
    expect(service.state).toBe('disconnected');
    const errors: string[] = [];
    service.on('error', (error) => errors.push(error.message));
    await until('tried again', () => errors.length > 0);
    expect(errors[0]).toContain('refused the registration: PERMISSION_DENIED: not here');
  });
});

describe('gracefulShutdown()', () => {
  function waiting(service: Service, gate: { open: (value: string) => void }): void {
    service.registerFunction(
      { id: 'wait' },
      () =>
        new Promise<string>((resolve) => {
          gate.open = resolve;
        }),
    );
  }

  test('takes itself out of the routing, answers what is under way, and only then closes', async () => {
    const gate = { open: (_: string) => {} };
    let saved = 0;
    const { service, agent, client } = await createServed((service) => waiting(service, gate), {
      onClose: () => {
        saved++;
      },
    });
    const answer = client.invoke(requestOf('wait'), CALL);
    await until('the call is under way', () => service.inFlight === 1);

    const closed = service.gracefulShutdown();
    await until('out of the routing', () => agent.registered.get(service.serviceId)?.functions.length === 0);
    expect(service.state).toBe('closing');
    expect(saved).toBe(0);
    gate.open('done');

    expect(await answer).toMatchObject({ ok: true, value: { payload: Buffer.from('"done"') } });
    await closed;
    expect(saved).toBe(1);
    expect(service.state).toBe('closed');
    expect(await client.invoke(requestOf('wait'), CALL)).toMatchObject({
      ok: false,
      error: { codeName: 'UNAVAILABLE' },
    });
  });

  test('still answers calls that come while it drains', async () => {
    const gate = { open: (_: string) => {} };
    const { service, client } = await createServed((service) => {
      waiting(service, gate);
      service.registerFunction({ id: 'quick' }, () => 'quick');
    });
    const slow = client.invoke(requestOf('wait'), CALL);
    await until('the call is under way', () => service.inFlight === 1);
    const closed = service.gracefulShutdown();
    expect(await client.invoke(requestOf('quick'), CALL)).toMatchObject({ ok: true });
    gate.open('x');
    expect(await slow).toMatchObject({ ok: true });
    await closed;
  });

  test('serves what was sent before the agent heard of it, on a connection of its own', async () => {
    const { service, agent } = await createServed((service) =>
      service.registerFunction({ id: 'a' }, () => 'late'),
    );
    const address = service.address ?? '';
    const closed = service.gracefulShutdown();
    await until('it has left', () => agent.registrations.at(-1)?.functions.length === 0);
    const late = connectAgent(address);
    expect(await late.invoke(requestOf('a'), CALL)).toMatchObject({ ok: true });
    late.close();
    await closed;
  });

  test('leaves a successor under the same id alone', async () => {
    const { service, agent } = await createServed((service) =>
      service.registerFunction({ id: 'a' }, () => null),
    );
    const registration = agent.registrations[0];
    if (registration === undefined) throw new Error('not registered');
    agent.registered.set(service.serviceId, { ...registration, rpcAddr: '127.0.0.1:1' });
    await service.gracefulShutdown();
    expect(agent.registrations).toHaveLength(1);
  });

  test('after its timeout aborts the signals; a handler that does not care is answered for', async () => {
    const { service, client } = await createServed((service) => {
      service.registerFunction({ id: 'polite' }, (_payload, { signal }) => {
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      });
      service.registerFunction({ id: 'deaf' }, () => new Promise(() => {}));
      service.registerJob({ id: 'job' }, () => new Promise(() => {}));
    });
    const calls = [client.invoke(requestOf('polite'), CALL), client.invoke(requestOf('deaf'), CALL)];
    const job = await client.startJob(requestOf('job'), CALL);
    const lastEvent = job.ok ? readLast(client.streamJob(job.value.jobId, CALL)) : Promise.resolve(null);
    await until('all are under way', () => service.inFlight === 3);

    await service.gracefulShutdown(20);

    for (const answer of await Promise.all(calls)) {
      expect(answer).toMatchObject({
        ok: false,
        error: { codeName: 'UNAVAILABLE', message: 'the service is shutting down' },
      });
    }
    expect(await lastEvent).toMatchObject({ type: 'error', message: 'the service is shutting down' });
  });

  test('does not wait for an agent that hangs', async () => {
    const { service, agent } = await createServed((service) =>
      service.registerFunction({ id: 'a' }, () => null),
    );
    agent.onRegister = 'hang';
    const startedAt = performance.now();
    await service.gracefulShutdown();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('before connect() and in the middle of it is no trouble', async () => {
    const idle = createService({ handleSignals: false });
    await idle.gracefulShutdown();
    expect(idle.state).toBe('closed');
    const busy = createService({ agentAddress: '127.0.0.1:1', handleSignals: false });
    const connected = busy.connect();
    await busy.gracefulShutdown();
    await connected;
    expect(busy.state).toBe('closed');
  });
});

describe('registerFunction()', () => {
  const service = createService({ handleSignals: false });
  test.each([
    ['an empty id', { id: '' }],
    ['an id with a space', { id: 'player ban' }],
    ['an empty version', { id: 'a', version: '' }],
    ['a schema that is no JSON', { id: 'a', inputSchema: '{' }],
  ])('refuses %s', (_what, descriptor) => {
    expect(() => service.registerFunction(descriptor, () => null)).toThrow(TypeError);
  });

  test('refuses an id that is taken', () => {
    service.registerFunction({ id: 'taken' }, () => null);
    expect(() => service.registerJob({ id: 'taken' }, () => null)).toThrow('taken is registered already');
  });
});

function recordStates(service: Service): string[] {
  const states: string[] = [];
  for (const event of ['connected', 'registered', 'disconnected', 'closed'] as const) {
    service.on(event, () => states.push(event));
  }
  return states;
}

async function readLast<T>(items: AsyncIterable<{ ok: true; value: T } | { ok: false }>): Promise<T | null> {
  let last: T | null = null;
  for await (const item of items) if (item.ok) last = item.value;
  return last;
}
