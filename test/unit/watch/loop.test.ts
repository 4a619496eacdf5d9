import { describe, expect, it } from 'vitest';
import { describeLoop, LoopRecognizer } from '../../../src/watch/loop.js';

const OUT = ['gen/out.js'];

/** A build that starts at `at`, runs to its end after 1 s, and whose files are noticed 10 ms after that. */
function completedBuild(loop: LoopRecognizer, at: number, paths: readonly string[]) {
  const end = loop.commandStarted(at);
  const { finding } = end(at + 1000, true, []);
  expect(finding).toBeNull();
  return change(loop, at + 1010, paths);
}

/** Files that change in one batch. */
function change(loop: LoopRecognizer, at: number, paths: readonly string[]) {
  const advices = paths.map((path) => loop.changed(path, at).advice);
  if (advices.some((advice) => advice !== 'act')) return { advices, finding: null };
  loop.batchOpened(at);
  return { advices, finding: loop.batchClosed(paths) };
}

describe('LoopRecognizer', () => {
  it('finds files that change right after three commands in a row', () => {
    const loop = new LoopRecognizer();
    expect(completedBuild(loop, 0, OUT).finding).toBeNull();
    expect(completedBuild(loop, 2000, OUT).finding).toBeNull();
    expect(completedBuild(loop, 4000, OUT).finding).toEqual({ paths: OUT });
  });

  it('finds files that change while three commands run to their ends', () => {
    const loop = new LoopRecognizer();
    const findings = [0, 2000, 4000].map((at) => {
      const end = loop.commandStarted(at);
      expect(change(loop, at + 500, OUT).finding).toBeNull();
      return end(at + 1000, true, []).finding;
    });
    expect(findings).toEqual([null, null, { paths: OUT }]);
  });

  it('stops acting on them until another file changes', () => {
    const loop = new LoopRecognizer();
    for (const at of [0, 2000, 4000]) completedBuild(loop, at, OUT);
    expect(change(loop, 60_000, OUT).advices).toEqual(['drop']);
    expect(change(loop, 70_000, ['main.js']).advices).toEqual(['act']);
    expect(change(loop, 80_000, OUT).advices).toEqual(['act']);
  });

  it('stops again at once, without a word, when the files are written again after another change', () => {
    const loop = new LoopRecognizer();
    for (const at of [0, 2000, 4000]) completedBuild(loop, at, OUT);
    change(loop, 70_000, ['main.js']);
    expect(completedBuild(loop, 70_020, OUT)).toEqual({ advices: ['drop'], finding: null });
    expect(change(loop, 90_000, OUT).advices).toEqual(['drop']);
  });

  it('keeps what a found file does during a build until that ends', () => {
    const loop = new LoopRecognizer();
    for (const at of [0, 2000, 4000]) completedBuild(loop, at, OUT);
    change(loop, 70_000, ['main.js']);
    const end = loop.commandStarted(70_020);
    expect(change(loop, 70_500, OUT).advices).toEqual(['hold']);
    expect(end(71_000, true, OUT)).toEqual({ finding: null, held: 'drop' });
  });

  it('forgets all on a reload by hand', () => {
    const loop = new LoopRecognizer();
    for (const at of [0, 2000, 4000]) completedBuild(loop, at, OUT);
    loop.reset();
    expect(change(loop, 60_000, OUT).advices).toEqual(['act']);
    expect(completedBuild(loop, 70_000, OUT).advices).toEqual(['act']);
  });

  it('counts one command once, however many batches it causes', () => {
    const loop = new LoopRecognizer();
    const end = loop.commandStarted(0);
    for (const at of [100, 300, 500, 700]) expect(change(loop, at, OUT).finding).toBeNull();
    expect(end(1000, true, []).finding).toBeNull();
  });

  it('needs a file that is written every time', () => {
    const loop = new LoopRecognizer();
    completedBuild(loop, 0, ['a']);
    completedBuild(loop, 2000, ['b']);
    expect(completedBuild(loop, 4000, ['c']).finding).toBeNull();
    expect(completedBuild(loop, 6000, ['c', 'c.map']).finding).toBeNull();
    expect(completedBuild(loop, 8000, ['c', 'd']).finding).toEqual({ paths: ['c', 'c.map', 'd'] });
  });

  it('begins anew after a change that no command of ours caused', () => {
    const loop = new LoopRecognizer();
    completedBuild(loop, 0, OUT);
    completedBuild(loop, 2000, OUT);
    change(loop, 20_000, OUT);
    expect(completedBuild(loop, 22_000, OUT).finding).toBeNull();
    expect(completedBuild(loop, 24_000, OUT).finding).toBeNull();
  });

  it('does not take a save for the doing of a command that this very save starts', () => {
    const loop = new LoopRecognizer();
    for (let at = 0; at < 10_000; at += 2000) {
      expect(loop.changed('main.js', at).advice).toBe('act');
      loop.batchOpened(at);
      const end = loop.commandStarted(at);
      expect(loop.batchClosed(['main.js'])).toBeNull();
      expect(end(at + 1000, true, []).finding).toBeNull();
    }
  });

  describe('a user who saves the same file again and again while slow builds run', () => {
    /** Each save cancels the build and starts the next one, as a supervisor does. */
    function save(times: number, pauses: (save: number) => number) {
      const loop = new LoopRecognizer();
      let at = 0;
      let end: ReturnType<LoopRecognizer['commandStarted']> | null = null;
      const held: number[] = [];
      for (let round = 0; round < times; round++) {
        at += pauses(round);
        const advice = loop.changed('main.js', at);
        expect(advice.advice).not.toBe('drop');
        if (advice.advice === 'hold') held.push(advice.ms);
        // A kept change is let go after its time.
        const actedAt = advice.advice === 'hold' ? at + advice.ms : at;
        loop.batchOpened(at);
        expect(end?.(actedAt, false, []).finding ?? null).toBeNull();
        end = loop.commandStarted(actedAt);
        expect(loop.batchClosed(['main.js'])).toBeNull();
        at = actedAt;
      }
      return { loop, end, at, held };
    }

    it('is never taken for a loop', () => {
      const { held } = save(10, (round) => 300 + round * 350);
      expect(held).toEqual([]);
    });

    it('is kept waiting for a moment at most when the saves are as regular as a build', () => {
      const { held } = save(8, () => 400);
      expect(held).toEqual([500, 1000, 2000]);
    });

    it('is not taken for a loop when the last build gets to its end', () => {
      const { loop, end, at } = save(10, (round) => 300 + round * 350);
      expect(end?.(at + 5000, true, []).finding).toBeNull();
      expect(loop.changed('main.js', at + 60_000).advice).toBe('act');
    });
  });

  it('finds a loop whose builds are cancelled by their own output, by letting some get to their ends', () => {
    const loop = new LoopRecognizer();
    let at = 0;
    let builds = 0;
    let finding = null;
    while (finding === null && builds < 20) {
      builds++;
      const end = loop.commandStarted(at);
      // Each build writes after 700 ms and ends after 1000 ms.
      const advice = loop.changed('gen/out.js', at + 700);
      if (advice.advice === 'hold' && advice.ms >= 300) {
        const result = end(at + 1000, true, OUT);
        finding = result.finding;
        expect(result.held).toBe(finding === null ? 'release' : 'drop');
        loop.batchOpened(at + 1000);
        if (finding === null) expect(loop.batchClosed(OUT)).toBeNull();
      } else {
        loop.batchOpened(at + 700);
        end(at + 720, false, []);
        expect(loop.batchClosed(OUT)).toBeNull();
      }
      at += 1020;
    }
    expect(finding).toEqual({ paths: OUT });
    // Four that were cancelled, three that were let run.
    expect(builds).toBe(7);
  });

  it('releases what was kept when the command is cancelled', () => {
    const loop = new LoopRecognizer();
    for (let at = 0; at < 4000; at += 1000) {
      const end = loop.commandStarted(at);
      change(loop, at + 500, OUT);
      end(at + 520, false, []);
    }
    const end = loop.commandStarted(4000);
    expect(loop.changed('gen/out.js', 4500).advice).toBe('hold');
    expect(end(4600, false, OUT)).toEqual({ finding: null, held: 'release' });
  });

  it('ends a command once', () => {
    const loop = new LoopRecognizer();
    const end = loop.commandStarted(0);
    end(10, false, []);
    expect(end(20, true, OUT)).toEqual({ finding: null, held: 'keep' });
    expect(loop.changed('gen/out.js', 30).advice).toBe('act');
  });
});

describe('describeLoop', () => {
  it('names the files and shows the line to configure', () => {
    const message = describeLoop({ paths: ['gen/out.js', 'gen/out.js.map'] });
    expect(message).toContain('gen/out.js, gen/out.js.map');
    expect(message).toContain('"watch": { "ignore": ["gen/out.js", "gen/out.js.map"] }');
  });

  it('names five of many', () => {
    const message = describeLoop({ paths: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] });
    expect(message).toContain('a, b, c, d, e and 2 more');
  });
});
