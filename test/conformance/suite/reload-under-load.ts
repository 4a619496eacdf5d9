import { describe, expect, it } from 'vitest';
import { median } from '../../bench/statistics.js';
import { type CallAnswer, SteadyCaller } from '../../standins/caller.js';
import { until } from '../../support/dev-process.js';
import { expectValue } from '../game-server.js';
import { type TestBed, useServer } from '../test-bed.js';
import { FIRST_VERSION } from '../workplace.js';

const CALLS_PER_SECOND = 200;

const CALL_LIMIT_MS = 60_000;

/** Calls between two reloads. */
const CALLS_BETWEEN = 8;

interface Reload {
  /** The number in the version that it brought: 2 for `2.0.0`. */
  readonly number: number;
  /** When its answer came, epoch ms. */
  readonly answeredAt: number;
  /** From the request to its answer. */
  readonly ms: number;
}

export function describeReloadUnderLoad(bed: TestBed): void {
  describe(`${bed.language.reloads} reloads under ${CALLS_PER_SECOND} calls a second`, () => {
    const server = useServer(bed);

    it('lose no call, mix no versions, and serve nothing old once they are answered', async () => {
      const { moduleFile, greetingFile, reloads } = bed.language;
      const caller = new SteadyCaller({
        address: server().address,
        perSecond: CALLS_PER_SECOND,
        functionId: 'pair.a',
        payload: () => ({}),
        // What a machine did not get to in time is no call that the SDK lost.
        limitMs: CALL_LIMIT_MS,
      });
      const done: Reload[] = [];
      caller.start();
      try {
        for (let number = 2; number <= reloads + 1; number++) {
          // The greeting is another file: an answer that has the one without the other mixes versions.
          bed.workplace.edit(greetingFile, { from: 'hello', to: `hello-${number}-` });
          bed.workplace.edit(moduleFile('pair'), { from: FIRST_VERSION, to: `${number}.0.0` });
          const sentAt = performance.now();
          const answer = expectValue(await server().client.reload([greetingFile, moduleFile('pair')]));
          done.push({ number, answeredAt: Date.now(), ms: performance.now() - sentAt });
          expect(answer).toMatchObject({ failed: [], needsRestart: false, reason: '' });
          expect(answer.reloaded.map(({ id }) => id).sort()).toEqual(['pair.a', 'pair.b']);
          const enough = caller.sent + CALLS_BETWEEN;
          await until('calls in between', () => caller.sent >= enough);
        }
      } finally {
        await caller.stop();
      }
      tellFigures(bed.language.name, caller.sent, done);
      // What they came to, each kind once: the losses themselves would be too long to read.
      expect([...new Set(caller.losses.map(({ why }) => why))]).toEqual([]);
      expect(caller.answers.length).toBe(caller.sent);
      expect(caller.answers.filter(mixesVersions)).toEqual([]);
      expect(caller.answers.filter((answer) => isOutdated(answer, done))).toEqual([]);
      expect(new Set(caller.answers.map(versionNumber)).size).toBeGreaterThan(reloads / 2);
    });

    it('are counted', async () => {
      const { functionReloads, failedReloads } = await server().status();
      expect(functionReloads).toBeGreaterThanOrEqual(bed.language.reloads);
      expect(failedReloads).toBe(0);
    });
  });
}

function tellFigures(language: string, calls: number, reloads: readonly Reload[]): void {
  const times = reloads.map(({ ms }) => ms);
  const figures = `median ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms`;
  process.stdout.write(`${language}: ${reloads.length} reloads beside ${calls} calls: ${figures}\n`);
}

function versionNumber({ payload }: CallAnswer): number {
  const { version }: { version: string } = JSON.parse(payload);
  return Number.parseInt(version, 10);
}

function mixesVersions(answer: CallAnswer): boolean {
  const number = versionNumber(answer);
  const { greeting }: { greeting: string } = JSON.parse(answer.payload);
  return number === 1 ? greeting.includes('hello-') : !greeting.includes(`hello-${number}-`);
}

/** It was sent after a reload was answered, and came from an older version all the same. */
function isOutdated(answer: CallAnswer, reloads: readonly Reload[]): boolean {
  const latest = reloads.findLast(({ answeredAt }) => answeredAt < answer.sentAt);
  return latest !== undefined && versionNumber(answer) < latest.number;
}
