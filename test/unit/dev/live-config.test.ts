import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionConfig } from '../../../src/config/types.js';
import { systemClock } from '../../../src/core/clock.js';
import type { CroupierEvent } from '../../../src/core/events.js';
import { err, ok, type Result } from '../../../src/core/result.js';
import type { UserError } from '../../../src/core/user-error.js';
import { LiveConfig } from '../../../src/dev/live-config.js';
import { Tree, until } from '../watch/tree.js';
import { serviceConfig, sessionConfig } from './service-config.js';

type Resolution = Result<SessionConfig, UserError>;

const broken = (message: string): Resolution => err({ exitCode: 2, message, wayOut: 'Correct it.' });

/** A live configuration in a folder, whose readings end when and how the test says. */
async function open(options: { readonly watch?: boolean } = {}) {
  const tree = new Tree({ 'croupier.config.json': '{}', '.env': 'A=1' });
  await tree.age();
  const service = serviceConfig({ cwd: tree.root, envFile: tree.path('.env') });
  const config = sessionConfig([service], { root: tree.root, file: tree.path('croupier.config.json') });
  const log: string[] = [];
  const readings: ((resolution: Resolution) => void)[] = [];
  const live = new LiveConfig({
    config,
    clock: systemClock,
    watch: options.watch ?? true,
    stdinIsFixed: false,
    target: {
      add: async ({ name }) => void log.push(`add ${name}`),
      remove: async (name) => void log.push(`remove ${name}`),
      reconfigure: ({ name, action }, cause) => {
        const files = cause?.files.map((file) => file.slice(tree.root.length + 1)).join(' ');
        log.push(`${action ?? 'use'} ${name}${cause === null ? '' : ` by ${cause.rule} of ${files}`}`);
        return true;
      },
      watchAnew: () => log.push('watch anew'),
    },
    resolve: () => new Promise((resolve) => readings.push(resolve)),
    publish: (event: CroupierEvent) => {
      if (event.type === 'session.notice') log.push(`${event.level}: ${event.message.split('\n')[0]}`);
    },
  });
  onTestFinished(() => live.close());
  await live.ready();
  let read = 0;
  /** Waits for the next reading, and ends it. */
  const answer = async (resolution: Resolution) => {
    await until('a reading', () => readings.length > read);
    readings[read++]?.(resolution);
    await new Promise((resolve) => setImmediate(resolve));
    return log.splice(0);
  };
  const changed = (part: Partial<typeof service>, more: Partial<SessionConfig> = {}): Resolution =>
    ok({ ...config, services: [{ ...service, ...part }], ...more });
  return { tree, live, config, service, log, readings, answer, changed };
}

describe('the configuration of a running session', () => {
  it('is read when one of its files changes, and says which one was why', async () => {
    const { tree, answer, changed } = await open();
    tree.write('.env', 'A=2');
    expect(await answer(changed({ envFileVariables: { A: '2' } }))).toEqual(['rebuild game by .env of .env']);
    tree.write('croupier.config.json', '{ }');
    expect(await answer(changed({ envFileVariables: { A: '2' }, gameId: 'chess' }))).toEqual([
      'restart game by croupier.config.json of croupier.config.json',
    ]);
    tree.write('.env', 'A=3');
    expect(await answer(changed({ envFileVariables: { A: '3' }, gameId: 'chess' }))).toEqual([
      'rebuild game by .env of .env',
    ]);
  });

  it('that says the same changes nothing', async () => {
    const { tree, answer, config } = await open();
    tree.write('croupier.config.json', '{ }');
    expect(await answer(ok(config))).toEqual([]);
  });

  it('is compared with what it was made of last, so that a change that is taken back is one, too', async () => {
    const { tree, answer, changed, config } = await open();
    tree.write('croupier.config.json', '{ }');
    await answer(changed({ gameId: 'chess' }));
    tree.write('croupier.config.json', '{}');
    expect(await answer(ok(config))).toEqual([
      'restart game by croupier.config.json of croupier.config.json',
    ]);
  });

  it('a reading that a later one has overtaken says nothing, and its files count for the later one', async () => {
    const { tree, answer, readings, changed, log } = await open();
    tree.write('.env', 'A=2');
    await until('a reading', () => readings.length === 1);
    tree.write('croupier.config.json', '{ }');
    await until('a second reading', () => readings.length === 2);
    expect(await answer(changed({ gameId: 'too old' }))).toEqual([]);
    const [line] = await answer(changed({ gameId: 'chess' }));
    expect(line).toMatch(/^restart game by croupier\.config\.json of (\.env croupier|croupier\S+ \.env)/);
    expect(log).toEqual([]);
  });

  it('is told once for each content where it is broken, and when it is not any more', async () => {
    const { tree, answer, config } = await open();
    tree.write('croupier.config.json', '{');
    expect(await answer(broken('no end'))).toEqual(['error: no end']);
    tree.write('.env', 'A=2');
    expect(await answer(broken('no end'))).toEqual([]);
    tree.write('croupier.config.json', '{{');
    expect(await answer(broken('no end'))).toEqual(['error: no end']);
    tree.write('croupier.config.json', '{ }');
    expect(await answer(ok(config))).toEqual(['info: the configuration can be used again']);
  });

  it('names what counts from now on', async () => {
    const { tree, answer, changed, service } = await open();
    tree.write('croupier.config.json', '{ }');
    const hold = { ...service.hold, timeout: 1, calls: 2 };
    expect(await answer(changed({ hold }))).toEqual([
      'use game by croupier.config.json of croupier.config.json',
      'info: hold.timeout, hold.calls count from now on, without a restart',
    ]);
  });

  it('names what takes another session, once, and not where it is taken back', async () => {
    const { tree, answer, changed, config } = await open();
    const gateway = { ...config.gateway, advertise: 'game.example:0' };
    const text = 'warn: restart croupier dev for this to take effect: gateway.advertise';
    tree.write('croupier.config.json', '1');
    expect(await answer(changed({}, { gateway }))).toEqual([text]);
    tree.write('croupier.config.json', '2');
    expect(await answer(changed({ gameId: 'chess' }, { gateway }))).toHaveLength(1);
    tree.write('croupier.config.json', '3');
    expect(await answer(changed({ gameId: 'chess' }))).toEqual([]);
    tree.write('croupier.config.json', '4');
    expect(await answer(changed({ gameId: 'chess' }, { gateway }))).toEqual([text]);
  });

  it('adds and removes services, and watches the files of those that are there', async () => {
    const { tree, answer, config, service, readings } = await open();
    const shop = serviceConfig({ name: 'shop', cwd: tree.root, envFile: tree.path('shop.env') });
    tree.write('croupier.config.json', '1');
    expect(await answer(ok({ ...config, services: [service, shop] }))).toEqual([
      'info: it is new in the configuration',
      'add shop',
      'watch anew',
    ]);
    // It may have been saved before it was watched.
    expect(await answer(ok({ ...config, services: [service, shop] }))).toEqual([]);
    tree.write('shop.env', 'A=1');
    expect(await answer(ok({ ...config, services: [service] }))).toEqual([
      'info: it is not in the configuration any more, so it is drained and ended',
      'remove shop',
      'watch anew',
    ]);
    expect(readings).toHaveLength(3);
  });

  it('is read at once when asked for, for somebody who restarts everything', async () => {
    const { live, answer, changed } = await open({ watch: false });
    const refreshed = live.refresh();
    expect(await answer(changed({ gameId: 'chess' }))).toEqual(['restart game']);
    await refreshed;
    void live.refresh();
    expect(await answer(broken('no end'))).toEqual(['error: no end']);
    void live.refresh();
    expect(await answer(broken('no end'))).toEqual(['error: no end']);
  });

  it('is not read by itself where nothing is watched, or while paused', async () => {
    const unwatched = await open({ watch: false });
    const paused = await open();
    paused.live.pause();
    for (const { tree } of [unwatched, paused]) tree.write('.env', 'A=2');
    // Whoever watches has seen a change that came later.
    const other = await open();
    other.tree.write('.env', 'A=2');
    await until('a reading', () => other.readings.length === 1);
    expect([unwatched.readings.length, paused.readings.length]).toEqual([0, 0]);
    paused.live.resume();
    expect(await paused.answer(paused.changed({ gameId: 'chess' }))).toHaveLength(1);
  });

  it('says nothing after its end', async () => {
    const { tree, live, readings, log, changed } = await open();
    tree.write('.env', 'A=2');
    await until('a reading', () => readings.length === 1);
    await live.close();
    readings[0]?.(changed({ gameId: 'chess' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
  });

  it('a package.json is read for more than the configuration', async () => {
    const { live, tree } = await open();
    expect(live.settingsFiles).toEqual([tree.path('croupier.config.json'), tree.path('.env')]);
  });
});
