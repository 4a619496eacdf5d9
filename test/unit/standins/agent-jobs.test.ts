import { describe, expect, test } from 'vitest';
import { LocalControlServiceService as Control } from '../../standins/gen/agent.js';
import { FunctionServiceService as Functions, type JobEvent } from '../../standins/gen/function.js';
import type { AgentOptions } from '../../standins/standin-agent.js';
import { agent, Calls, gameServer, isPending, until } from './calls.js';
import { event } from './fake-game-server.js';
import { registration } from './registrations.js';

const REQUEST = { functionId: 'job', idempotencyKey: '', payload: Buffer.from('{}'), metadata: {} };

async function withJob(options: Partial<AgentOptions> = {}) {
  const game = await gameServer();
  const { address } = await agent(options);
  const calls = new Calls(address);
  await calls.send(Control.registerLocal, registration('game', game.address, ['job']));
  const started = await calls.send(Functions.startJob, REQUEST);
  if (!('ok' in started)) throw new Error(started.failed);
  return { game, calls, jobId: started.ok.jobId };
}

describe.each(['proto', 'json'] as const)('a job (%s)', (codec) => {
  test('is streamed from where it was started, and ends at done', async () => {
    const { game, calls, jobId } = await withJob({ codec });
    game.jobEvents = [event('started'), event('progress', 'half', 50), event('done'), event('late')];
    const events: JobEvent[] = [];
    const { ended } = calls.stream(Functions.streamJob, { jobId }, (one) => events.push(one));
    expect(await ended).toBe('OK');
    expect(events).toEqual([event('started'), event('progress', 'half', 50), event('done')]);
  });

  test.each(['completed', 'cancelled', 'canceled'])(
    'whose last event is "%s" keeps its caller waiting',
    async (type) => {
      const { game, calls, jobId } = await withJob({ codec });
      game.jobEvents = [event(type)];
      const events: JobEvent[] = [];
      const { ended, cancel } = calls.stream(Functions.streamJob, { jobId }, (one) => events.push(one));
      await until('the event came', () => events.length === 1);
      await until('the game server has ended its stream', () => game.open === 0);
      expect(await isPending(ended, () => calls.send(Control.listLocal, {}))).toBe(true);
      cancel();
      expect(await ended).toBe('CANCELLED');
    },
  );

  test('is cancelled where it runs', async () => {
    const { game, calls, jobId } = await withJob({ codec });
    expect(await calls.send(Functions.cancelJob, { jobId })).toEqual({ ok: { jobId } });
    expect(game.cancelledJobs).toEqual([jobId]);
  });

  test('has its result asked for where it runs', async () => {
    const { game, calls, jobId } = await withJob({ codec });
    expect(await calls.send(Control.getJobResult, { jobId })).toMatchObject({
      failed: expect.stringMatching(/^UNIMPLEMENTED/),
    });
    game.jobResult = { state: 'done', payload: Buffer.from('"x"'), error: '' };
    expect(await calls.send(Control.getJobResult, { jobId })).toEqual({ ok: game.jobResult });
  });
});

test('a job that nobody started is NOT_FOUND', async () => {
  const { calls } = await withJob();
  const { ended } = calls.stream(Functions.streamJob, { jobId: 'fn-9' }, () => undefined);
  expect(await ended).toBe('NOT_FOUND');
  expect(await calls.send(Control.getJobResult, { jobId: 'fn-9' })).toEqual({
    failed: 'NOT_FOUND: unknown job fn-9',
  });
});

test('some agents have neither StreamJob nor GetJobResult', async () => {
  const { calls, jobId } = await withJob({ without: ['streamJob', 'getJobResult'] });
  expect(await calls.stream(Functions.streamJob, { jobId }, () => undefined).ended).toBe('UNIMPLEMENTED');
  expect(await calls.send(Control.getJobResult, { jobId })).toMatchObject({
    failed: expect.stringMatching(/^UNIMPLEMENTED/),
  });
});
