import { describe, expect, it, onTestFinished } from 'vitest';
import { JobServiceService as Jobs } from '../../standins/gen/edge-job.js';
import { until } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { Calls } from '../../unit/standins/calls.js';
import { eventsOf } from '../dev/scenario.js';
import { SingleCalls } from './single-calls.js';
import {
  type Developer,
  type Edge,
  expectNothingLost,
  inPlainText,
  openCaller,
  openDeveloper,
  openEdge,
  openUnconnected,
  saveAndSee,
  urlOf,
} from './world.js';

const PER_SECOND = 100;

/** For anything to happen on a slow and busy machine, ms. */
const PATIENCE_MS = 60_000;

/** Results that this edge waits for come when they come: for tests that are about something else, ms. */
const PATIENT = { resultMs: PATIENCE_MS, limitMs: PATIENCE_MS };

async function openEdgeDeveloper(edge: Edge, config: object = {}): Promise<Developer> {
  const url = urlOf('edge', edge);
  return openDeveloper(url, { ...inPlainText(url), ...config });
}

describe('through the tunnel', () => {
  it('a job is started, followed, asked for its result and cancelled, and goes on through a swap', async () => {
    const edge = await openEdge(PATIENT);
    const { scenario, dev } = await openEdgeDeveloper(edge);
    const calls = new SingleCalls(edge.address);
    const jobId = await calls.count({ steps: 2, pause: 1, barrier: 'job' });
    const { events, ended } = calls.follow(jobId);
    await scenario.reached(dev, 'job');
    const mark = dev.mark();
    scenario.save(gameServer('v1'));
    await dev.waitFor('generation.active', () => true, mark);
    expect(await calls.echo('a')).toMatchObject({ version: 'v1' });
    expect(await resultOf(edge, jobId)).toMatchObject({ state: 'running', error: '' });
    scenario.open('job');
    expect(await ended).toBe('OK');
    expect(events.map(({ type }) => type)).toEqual(['started', 'progress', 'progress', 'done']);
    expect(JSON.parse(String(events.at(-1)?.payload))).toEqual({ generation: 1, steps: 2 });
    const result = await resultOf(edge, jobId);
    expect(result).toMatchObject({ state: 'done', error: '' });
    expect(JSON.parse(String(result.payload))).toEqual({ generation: 1, steps: 2 });

    const endless = await calls.count({ steps: 1_000_000, pause: 1 });
    const cancelled = calls.follow(endless);
    await until('it runs', () => cancelled.events.some(({ type }) => type === 'progress'));
    await calls.cancel(endless);
    expect(await cancelled.ended).toBe('OK');
    expect(cancelled.events.at(-1)?.type).toBe('error');
  });

  it('the edge asks who serves a function', async () => {
    const edge = await openEdge(PATIENT);
    await openEdgeDeveloper(edge);
    const [agentId = ''] = await edge.control('tunnels');
    expect(agentId).toMatch(/^game-[0-9a-f]{8}$/);
    expect(await edge.control('listLocal', agentId, 'echo')).toEqual(['game']);
    expect(await edge.control('listLocal', agentId, 'unknown')).toEqual([]);
  });

  it('a call that has waited too long for a swap is answered, and never sent to a process', async () => {
    const edge = await openEdge(PATIENT);
    // If it had come in another way, it would wait for longer than this test lasts.
    const hold = { timeout: '10m' };
    const developer = await openEdgeDeveloper(edge, { restart: { strategy: 'stop-first' }, hold });
    const { scenario } = developer;
    const calls = new SingleCalls(edge.address);
    const { finished } = await beginSlowSwap(developer);
    const answer = await calls.echo('late');
    expect(answer).toEqual({
      failed: expect.stringMatching(/^INTERNAL: UNAVAILABLE: .*could not wait any longer/),
    });
    scenario.open('boot');
    expect(await finished).toMatchObject({ outcome: 'swapped', calls: { held: 1, lost: 1 } });
    expect(await calls.echo('later')).toMatchObject({ version: 'v1' });
    expect(scenario.executions()).toEqual(['later 2']);
  });

  it('a call that the edge gives up and sends again to the gateway runs once', async () => {
    const edge = await openEdge({ resultMs: 500, limitMs: PATIENCE_MS, fallbackDial: true });
    const developer = await openEdgeDeveloper(edge, { restart: { strategy: 'stop-first' } });
    const { scenario } = developer;
    const calls = new SingleCalls(edge.address);
    const { finished } = await beginSlowSwap(developer);
    const answer = calls.echo('twice');
    // That of the tunnel is refused, although the edge does not wait for it any more; the other one waits here.
    await until('a result has come', async () => (await edge.control('counts')).result === 1);
    scenario.open('boot');
    expect(await answer).toMatchObject({ id: 'twice', version: 'v1' });
    await finished;
    expect(scenario.executions()).toEqual(['twice 2']);
  });

  it('results of calls under way go out after SIGTERM, and nothing of ours is left', async () => {
    const edge = await openEdge(PATIENT);
    const { scenario, dev } = await openEdgeDeveloper(edge);
    const calls = new SingleCalls(edge.address);
    const answers = [1, 2, 3].map((nth) => calls.echo(`call-${nth}`, { barrier: 'ending' }));
    await until('all of them run', () => scenario.executions().length === answers.length);
    dev.signal('SIGTERM');
    await dev.waitFor('upstream.drained', ({ reason }) => reason === 'exit');
    expect(await edge.control('functions')).toEqual([]);
    await dev.waitFor('generation.draining');
    scenario.open('ending');
    expect(await Promise.all(answers)).toMatchObject([{ id: 'call-1' }, { id: 'call-2' }, { id: 'call-3' }]);
    expect(await dev.exited).toMatchObject({ code: 143 });
    expect(await edge.control('tunnels')).toEqual([]);
  });
});

describe('an edge that', () => {
  it('ends the stream gets the next one, again and again', async () => {
    const edge = await openEdge(PATIENT);
    const { dev } = await openEdgeDeveloper(edge);
    const calls = new SingleCalls(edge.address);
    for (let drop = 1; drop <= 3; drop++) {
      const mark = dev.mark();
      await edge.control('dropStreams');
      await dev.waitFor('upstream.connected', () => true, mark);
      expect(await calls.echo(`call-${drop}`)).toMatchObject({ id: `call-${drop}` });
    }
  });

  it('is told of a job that ended while there was no stream', async () => {
    const edge = await openEdge(PATIENT);
    const { scenario, dev } = await openEdgeDeveloper(edge);
    const jobId = await new SingleCalls(edge.address).count({ steps: 2, pause: 1, barrier: 'job' });
    const here = new SingleCalls(await dev.gateway()).follow(jobId);
    await scenario.reached(dev, 'job');
    const mark = dev.mark();
    await edge.control('refuse', 'UNAVAILABLE', 'not now', ['tunnel']);
    await edge.control('dropStreams');
    await dev.waitFor('upstream.lost', () => true, mark);
    scenario.open('job');
    expect(await here.ended).toBe('OK');
    await edge.control('accept');
    const { events, ended } = new SingleCalls(edge.address).follow(jobId);
    expect(await ended).toBe('OK');
    expect(events.at(-1)?.type).toBe('done');
  });

  it('answers no heartbeat gets another stream, and not before the old one has ended', async () => {
    // So that heartbeats are frequent.
    const edge = await openEdge({ ...PATIENT, expiryMs: 3_000 });
    const { dev } = await openEdgeDeveloper(edge);
    const mark = dev.mark();
    await edge.control('hang', ['heartbeat']);
    await dev.waitFor('upstream.lost', () => true, mark);
    await edge.control('resume');
    await dev.waitFor('upstream.connected', () => true, mark);
    expect(await new SingleCalls(edge.address).echo('a')).toMatchObject({ id: 'a' });
    // An edge takes the end of an old stream for that of the new one.
    const received = await edge.control('received');
    const streams = received.filter(({ rpc }) => rpc === 'hello' || rpc === 'tunnel-end');
    expect(streams.map(({ rpc }) => rpc)).toEqual(['hello', 'tunnel-end', 'hello']);
  });

  it('serves no tunnel has our registration all the same, and calls the gateway; that is told once', async () => {
    const edge = await openEdge({ ...PATIENT, tunnel: [], fallbackDial: true });
    const developer = await openEdgeDeveloper(edge);
    const { dev } = developer;
    const caller = openCaller({ address: edge.address, perSecond: PER_SECOND });
    for (let save = 1; save <= 3; save++) await saveAndSee(developer, caller, `v${save}`);
    await caller.stop();
    expectNothingLost(caller);
    const mark = dev.mark();
    await edge.control('drop');
    await dev.waitFor('upstream.connected', () => true, mark);
    expect((await edge.control('functions')).map(({ id }) => id)).toContain('echo');
    await dev.stop();
    const notices = eventsOf(dev, 'session.notice').filter(({ level }) => level === 'warn');
    expect(notices.map(({ message }) => message)).toEqual([
      expect.stringContaining(`the edge at ${edge.address} serves no tunnel`),
    ]);
  });

  it('does not know the game is told with the key to correct', async () => {
    const edge = await openEdge({ gameIds: ['poker'] });
    const url = urlOf('edge', edge);
    const { dev } = await openUnconnected(url, inPlainText(url));
    const { reason } = await dev.waitFor('upstream.lost');
    expect(reason).toContain('PERMISSION_DENIED');
    expect(reason).toContain('"gameId" is not set in the configuration');
  });

  it('freezes holds up nobody, not even the end', async () => {
    const edge = await openEdge();
    const developer = await openEdgeDeveloper(edge);
    const { dev } = developer;
    edge.freeze();
    onTestFinished(() => edge.thaw());
    const local = openCaller({ address: await dev.gateway(), perSecond: PER_SECOND });
    await saveAndSee(developer, local, 'v1');
    await local.stop();
    expectNothingLost(local);
    const asked = Date.now();
    await dev.stop();
    // The end has its own time for an upstream; this is far above that, for a slow machine.
    expect(Date.now() - asked).toBeLessThan(15_000);
  });
});

/** A swap whose new process waits at the barrier `boot`; resolves when it does. */
async function beginSlowSwap({ scenario, dev }: Developer) {
  const mark = dev.mark();
  scenario.save(gameServer('v1', { beforeConnect: `await passed('boot');` }));
  await scenario.reached(dev, 'boot', mark);
  return { finished: dev.waitFor('reload.finished', () => true, mark) };
}

/** What the edge says of a job, which it asks for through the tunnel. */
async function resultOf(edge: Edge, jobId: string) {
  const answer = await new Calls(edge.address).send(Jobs.getJobResult, { jobId });
  if (!('ok' in answer)) throw new Error(answer.failed);
  return answer.ok;
}
