import { describe, expect, it } from 'vitest';
import type { StampedEvent } from '../../../src/core/events.js';
import { events, stamp } from '../../support/events.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { RunningApi } from './running-api.js';

function output(line: string): Extract<StampedEvent, { type: 'process.output' }> {
  return stamp({ type: 'process.output', service: 'game', generation: 1, stream: 'stdout', line });
}

const LINE = 'x'.repeat(1000);
const LINES_AT_ONCE = 64;

/** Far more than the log keeps and the system holds for a client that takes nothing; answers how many bytes that was. */
async function flood(api: RunningApi): Promise<number> {
  const turns = 300;
  for (let turn = 0; turn < turns; turn++) {
    for (let line = 0; line < LINES_AT_ONCE; line++) api.session.events.add(output(LINE));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return turns * LINES_AT_ONCE * LINE.length;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

describe('the events of a session', () => {
  it('come as they happen, from the moment of the connection', async () => {
    const api = await RunningApi.open();
    const { events: log } = api.session;
    log.add(stamp(events.notice('info', 'before')));
    const client = await api.openStream('/v1/events');
    await until(() => api.streams.size === 1);
    const event = stamp(events.notice('info', 'now'));
    log.add(event);
    await client.until('now');
    expect(client.text).toContain(
      `id: ${log.idOf(2)}\nevent: session.notice\ndata: ${JSON.stringify(event)}\n\n`,
    );
    expect(client.text).not.toContain('before');
  });

  it('go on where a client was: Last-Event-ID, or `after`', async () => {
    const api = await RunningApi.open();
    const { events: log } = api.session;
    for (const text of ['one', 'two', 'three']) log.add(stamp(events.notice('info', text)));
    const back = await api.openStream('/v1/events?after=start', { 'last-event-id': log.idOf(1) });
    await back.until('three');
    expect(back.text).toContain('two');
    expect(back.text).not.toMatch(/one|stream\.gap/);
    const all = await api.openStream('/v1/events?after=start');
    await all.until('three');
    expect(all.text).toContain('one');
  });

  it('that are not kept any more are said to be missing', async () => {
    const api = await RunningApi.open();
    const { events: log } = api.session;
    for (let number = 0; number < 1200; number++) log.add(stamp(events.notice('info', `notice ${number}`)));
    const client = await api.openStream('/v1/events', { 'last-event-id': log.idOf(10) });
    await client.until('notice 1199');
    const gap = 'event: stream.gap\ndata: {"type":"stream.gap","reason":"dropped"}\n\n';
    expect(client.text.split(gap)).toHaveLength(2);
    expect(client.text.indexOf(gap)).toBeLessThan(client.text.indexOf('notice 200'));
    expect(client.text).not.toContain('"notice 199"');
  });

  it('of another session are said to be missing, and this one is told from its start', async () => {
    const api = await RunningApi.open();
    api.session.events.add(stamp(events.notice('info', 'first of this session')));
    const client = await api.openStream('/v1/events', { 'last-event-id': 'deadbeef-17' });
    await client.until('first of this session');
    expect(client.text).toContain('"reason":"another-session"');
  });

  it('are filtered', async () => {
    const api = await RunningApi.open();
    const { events: log } = api.session;
    const client = await api.openStream(
      '/v1/events?types=process.output,reload.finished&service=game&after=start',
    );
    log.add(stamp(events.notice('info', 'not wanted')));
    log.add(output('wanted'));
    await client.until('wanted');
    expect(client.text).not.toContain('not wanted');
    const unknown = await api.ask('/v1/events?service=gmae');
    expect(unknown.status).toBe(404);
  });

  it('end with the session', async () => {
    const api = await RunningApi.open();
    const client = await api.openStream('/v1/events?types=process.output');
    await until(() => api.streams.size === 1);
    api.session.events.add(stamp(events.closed()));
    await api.close();
    await client.closed;
    expect(client.text).toContain('event: session.closed');
    expect(client.text).toMatch(/0\r\n\r\n$/);
  });
});

describe('a client', () => {
  it('that takes nothing costs no memory, and is sent away with a last event', async () => {
    const api = await RunningApi.open();
    const client = await api.openStream('/v1/events');
    await until(() => api.streams.size === 1);
    client.pause();
    const sent = await flood(api);
    expect(api.session.events.bytes).toBeLessThan(3 * 1024 * 1024);
    client.resume();
    // It gets what was on its way. What comes next for it is gone.
    await client.until('"reason":"too-slow"');
    await client.closed;
    expect(client.text.length).toBeLessThan(sent / 2);
    expect(api.streams.size).toBe(0);
  });

  it('that goes away leaves nothing behind', async () => {
    const api = await RunningApi.open();
    const client = await api.openStream('/v1/events');
    await until(() => api.streams.size === 1);
    client.destroy();
    await until(() => api.streams.size === 0);
    api.session.events.add(output('nobody reads'));
  });

  it('that is quiet is shown that the connection lives', async () => {
    const clock = new VirtualClock();
    const api = await RunningApi.open({ clock });
    const client = await api.openStream('/v1/events');
    await until(() => api.streams.size === 1);
    await clock.advance(14_999);
    expect(client.text).not.toContain(': heartbeat');
    await clock.advance(1);
    await client.until(': heartbeat\n\n');
  });

  it('that is dead is cut off, and its place is free again', async () => {
    const clock = new VirtualClock();
    const api = await RunningApi.open({ clock, slots: 1 });
    const client = await api.openStream('/v1/events');
    await until(() => api.streams.size === 1);
    client.pause();
    await flood(api);
    const refused = await api.ask('/v1/events');
    expect(refused).toMatchObject({ status: 503 });
    expect(JSON.parse(refused.text).error.code).toBe('too-many-streams');
    await clock.advance(60_000);
    await until(() => api.streams.size === 0);
    expect(clock.pending).toBe(0);
  });
});

describe('logs', () => {
  it('are the newest lines, with the id to follow from', async () => {
    const api = await RunningApi.open();
    const { events: log } = api.session;
    for (const line of ['one', 'two', 'three']) log.add(output(line));
    log.add(stamp(events.notice('info', 'no line')));
    const { lines, next } = JSON.parse((await api.ask('/v1/logs?service=game&lines=2')).text);
    expect(lines).toMatchObject([
      { line: 'two', service: 'game', generation: 1, stream: 'stdout', id: log.idOf(2) },
      { line: 'three', id: log.idOf(3) },
    ]);
    expect(next).toBe(log.idOf(4));
  });
});
