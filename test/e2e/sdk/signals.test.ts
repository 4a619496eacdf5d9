import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import { FakeAgent } from '../../unit/sdk/fake-agent.js';
import { requestOf } from '../../unit/sdk/served.js';
import { until } from '../../unit/sdk/until.js';
import { Running } from './running.js';

const CALL = { timeoutMs: 30_000 };
const FIXTURE = fileURLToPath(new URL('./fixtures/game-server.ts', import.meta.url));

interface Started {
  readonly agent: FakeAgent;
  readonly server: Running;
  readonly client: AgentClient;
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const agent = await new FakeAgent().start();
  onTestFinished(() => agent.stop());
  const server = new Running([FIXTURE], {
    cwd: process.cwd(),
    env: { CROUPIER_AGENT_ADDR: agent.address, ...env },
  });
  const client = connectAgent(await server.waitFor('ready registered '));
  onTestFinished(() => client.close());
  return { agent, server, client };
}

function isOut(agent: FakeAgent): boolean {
  return agent.registered.get('fixture')?.functions.length === 0;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s takes an idle server out of the routing and ends it with 0',
  async (signal) => {
    const { agent, server } = await start();
    server.child.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(isOut(agent)).toBe(true);
    expect(server.output).toContain('closed');
  },
);

test("nodemon's SIGUSR2 takes it out of the routing, and then ends it by the signal, as nodemon expects", async () => {
  const { agent, server } = await start({ GAME_LOOP: 'yes' });
  server.child.kill('SIGUSR2');
  expect(await server.exited).toEqual({ code: null, signal: 'SIGUSR2' });
  expect(isOut(agent)).toBe(true);
  expect(server.output).toContain('closed');
});

test('a call under way is answered before the process ends', async () => {
  const { agent, server, client } = await start();
  const held = client.invoke(requestOf('hold'), CALL);
  await server.waitFor('holding');
  server.child.kill('SIGTERM');
  await until('out of the routing', () => isOut(agent));
  expect(server.output).not.toContain('closed');
  expect(await client.invoke(requestOf('release'), CALL)).toMatchObject({ ok: true });
  expect(await held).toMatchObject({ ok: true, value: { payload: Buffer.from('"held"') } });
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('an app with a loop of its own ends all the same', async () => {
  const { server } = await start({ GAME_LOOP: 'yes' });
  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

test('a second signal ends the process at once, whatever is under way', async () => {
  const { agent, server, client } = await start();
  const held = client.invoke(requestOf('hold'), CALL);
  await server.waitFor('holding');
  server.child.kill('SIGTERM');
  await until('the shutdown has begun', () => isOut(agent));
  // Signals in quick succession count as one, so press until it has an effect.
  const pressing = setInterval(() => server.child.kill('SIGTERM'), 50);
  onTestFinished(() => clearInterval(pressing));
  expect(await server.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await held).toMatchObject({ ok: false, error: { codeName: 'UNAVAILABLE' } });
});

test('signals that the app wants for itself have their own effect', async () => {
  const { server, agent } = await start({ HANDLE_SIGNALS: 'no' });
  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(isOut(agent)).toBe(false);
});
