import { describe, expect, it } from 'vitest';
import { ServiceWatch } from '../../../src/dev/service-watch.js';
import type { Watcher } from '../../../src/watch/types.js';
import { settle } from '../../support/virtual-clock.js';

/** A watcher that writes down what it is asked for, in one log with the others. */
function watcher(name: string, log: string[]) {
  let becomeReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const fake: Watcher = {
    ready,
    pause: () => log.push(`${name} pause`),
    resume: () => log.push(`${name} resume`),
    ownCommand: () => {
      log.push(`${name} command`);
      return (completed) => log.push(`${name} command ${completed ? 'completed' : 'cancelled'}`);
    },
    setHotPaths: (patterns) => log.push(`${name} hot ${patterns.join(',')}`),
    close: async () => {
      log.push(`${name} close`);
    },
  };
  return { fake, becomeReady };
}

function open() {
  const log: string[] = [];
  const first = watcher('first', log);
  const second = watcher('second', log);
  return { log, second, watch: new ServiceWatch(first.fake) };
}

describe('the watcher of a service', () => {
  it('is replaced when its successor notices everything: what it had is told, and what that has noticed', async () => {
    const { log, second, watch } = open();
    watch.replace(second.fake, () => log.push('taken over'));
    expect(log).toEqual(['second pause', 'second hot ']);
    second.becomeReady();
    await settle();
    expect(log.slice(2)).toEqual(['first pause', 'first close', 'second resume', 'taken over']);
    watch.pause();
    expect(log.at(-1)).toBe('second pause');
  });

  it('is not resumed by that while the user has paused', async () => {
    const { log, second, watch } = open();
    watch.pause();
    watch.replace(second.fake);
    second.becomeReady();
    await settle();
    expect(log).not.toContain('second resume');
    watch.resume();
    expect(log.at(-1)).toBe('second resume');
  });

  it('tells its successor what the process can load again', () => {
    const { log, second, watch } = open();
    watch.setHotPaths(['functions/**']);
    watch.replace(second.fake);
    watch.setHotPaths([]);
    expect(log.filter((line) => line.includes('hot'))).toEqual([
      'first hot functions/**',
      'second hot functions/**',
      'first hot ',
      'second hot ',
    ]);
  });

  it('a newer successor takes the place of one that never took over', async () => {
    const { log, second, watch } = open();
    const third = watcher('third', log);
    watch.replace(second.fake, () => log.push('second has taken over'));
    watch.replace(third.fake, () => log.push('third has taken over'));
    second.becomeReady();
    third.becomeReady();
    await settle();
    expect(log.filter((line) => / close$|taken over/.test(line))).toEqual([
      'second close',
      'first close',
      'third has taken over',
    ]);
  });

  it('tells each of them of commands of our own, also of one that began before', () => {
    const { log, second, watch } = open();
    const endEarly = watch.ownCommand();
    watch.replace(second.fake);
    const endLate = watch.ownCommand();
    log.length = 0;
    endEarly(true);
    endLate(false);
    expect(log).toEqual([
      'first command completed',
      'second command completed',
      'first command cancelled',
      'second command cancelled',
    ]);
  });

  it('closes both', async () => {
    const { log, second, watch } = open();
    watch.replace(second.fake, () => log.push('taken over'));
    log.length = 0;
    await watch.close();
    second.becomeReady();
    await settle();
    expect(log).toEqual(['first close', 'second close']);
  });
});
