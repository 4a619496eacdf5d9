import { expect, onTestFinished, test } from 'vitest';
import { SteadyCaller, type SteadyCallerOptions } from '../../standins/caller.js';
import { LocalControlServiceService as Control } from '../../standins/gen/agent.js';
import { agent, Calls, gameServer, until } from './calls.js';
import { registration } from './registrations.js';

async function connected() {
  const game = await gameServer();
  const { address, control } = await agent();
  const register = () =>
    new Calls(address).send(Control.registerLocal, registration('game', game.address, ['echo']));
  await register();
  return { game, address, control, register };
}

function calling(options: SteadyCallerOptions): SteadyCaller {
  const caller = new SteadyCaller(options);
  onTestFinished(() => caller.stop());
  return caller;
}

test('steady calls come at their rate, each with its own key, and are written down', async () => {
  const { game, address } = await connected();
  const caller = calling({ address, perSecond: 200, payload: (id, nth) => ({ id, nth }) });
  const startedAt = performance.now();
  caller.start();
  await until('there are 40 answers', () => caller.answers.length >= 40);
  await caller.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  expect(caller.sent).toBeLessThanOrEqual(seconds * 200 + 1);
  expect(caller.losses).toEqual([]);
  expect(caller.answers).toHaveLength(caller.sent);
  expect(new Set(caller.answers.map(({ id }) => id)).size).toBe(caller.sent);
  for (const { id, payload, sentAt, answeredAt } of caller.answers) {
    expect(JSON.parse(payload).id).toBe(id);
    expect(answeredAt).toBeGreaterThanOrEqual(sentAt);
  }
  expect(game.seen).toHaveLength(caller.sent);
});

test('an empty answer is a loss, a failure as well', async () => {
  const { address, control, game } = await connected();
  const caller = calling({ address, perSecond: 1 });
  control.forget();
  caller.send();
  await until('it is lost', () => caller.losses.length === 1);
  expect(caller.losses[0]).toMatchObject({ why: 'EMPTY' });
  control.refuse('PERMISSION_DENIED', 'go away', ['call']);
  caller.send();
  await until('it is lost', () => caller.losses.length === 2);
  expect(caller.losses[1]).toMatchObject({ why: 'PERMISSION_DENIED: go away' });
  expect(caller.answers).toEqual([]);
  expect(game.seen).toEqual([]);
});

test('a call that is never answered is lost at its deadline', async () => {
  const { address, control } = await connected();
  control.hang(['call']);
  const caller = calling({ address, perSecond: 1, limitMs: 100 });
  caller.send();
  await caller.stop();
  expect(caller.losses).toMatchObject([{ why: expect.stringMatching(/^DEADLINE_EXCEEDED/) }]);
});

test('a connection that was cut is opened again at once', async () => {
  const { address, control } = await connected();
  const caller = calling({ address, perSecond: 100 });
  caller.start();
  for (let cut = 1; cut <= 5; cut++) {
    const answered = caller.answers.length;
    await until('calls are answered', () => caller.answers.length > answered);
    control.drop();
    const droppedAt = Date.now();
    await until('calls are answered again', () => (caller.answers.at(-1)?.sentAt ?? 0) > droppedAt);
  }
});
