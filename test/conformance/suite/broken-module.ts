import { describe, expect, it } from 'vitest';
import type { ReloadResponse } from '../../../src/protocol/gen/croupier/dev/v1/hot_reload.js';
import { expectFailure, expectValue } from '../game-server.js';
import { registrations } from '../registrations.js';
import { type TestBed, useServer } from '../test-bed.js';

/** Broken in all three languages. */
const SYNTAX_ERROR = ')(';

export function describeBrokenModules(bed: TestBed): void {
  describe('a broken module', () => {
    const server = useServer(bed);
    const { moduleFile, failingStatement, emptyModule, invalidId, furtherModule } = bed.language;

    /** Reloads the file, which must fail and leave everything as it was. */
    async function failsToReload(path: string): Promise<ReloadResponse['failed'][number]> {
      const { failedReloads } = await server().status();
      const before = (await registrations(bed.agent)).length;
      const answer = expectValue(await server().client.reload([path]));
      expect(answer).toMatchObject({ reloaded: [], needsRestart: false });
      expect(answer.failed.length).toBeGreaterThan(0);
      for (const failed of answer.failed) expect(failed.rolledBack).toBe(true);
      expect(await server().versionOf('echo')).toBe('1.0.0');
      expect((await server().status()).failedReloads).toBeGreaterThan(failedReloads);
      expect((await registrations(bed.agent)).length).toBe(before);
      const [failed] = answer.failed;
      if (failed === undefined) throw new Error('nothing failed');
      expect(failed.path).toBe(path);
      expect(failed.error).not.toBe('');
      return failed;
    }

    it('that cannot be parsed leaves the old one serving', async () => {
      await failsToReload(bed.workplace.append('echo', SYNTAX_ERROR));
    });

    it('that fails while it is loaded leaves the old one serving', async () => {
      const { error } = await failsToReload(bed.workplace.append('echo', failingStatement));
      expect(error).toContain('broken on purpose');
    });

    it('without its function leaves the old one serving', async () => {
      await failsToReload(bed.workplace.write(moduleFile('echo'), emptyModule('echo')));
    });

    it('with an invalid descriptor leaves the old one serving', async () => {
      const { error } = await failsToReload(bed.workplace.edit(moduleFile('echo'), invalidId('echo')));
      expect(error).toContain('not an id');
    });

    it('with a function that another one has is refused', async () => {
      const path = moduleFile('twin');
      const echo = bed.workplace.original(moduleFile('echo'));
      bed.workplace.write(path, furtherModule(echo, 'twin', 'echo').replaceAll('1.0.0', '2.0.0'));
      try {
        expect((await failsToReload(path)).error).toContain('echo');
      } finally {
        bed.workplace.delete(path);
      }
    });

    it('keeps the whole batch from being taken', async () => {
      const paths = [
        bed.workplace.editVersion('echo', '2.0.0'),
        bed.workplace.append('slow', failingStatement),
        bed.workplace.editVersion('pair', '2.0.0'),
      ];
      const { reloaded, failed } = expectValue(await server().client.reload(paths));
      expect(reloaded).toEqual([]);
      expect(failed.map(({ path }) => path)).toContain(moduleFile('slow'));
      for (const id of ['echo', 'slow', 'pair.a', 'pair.b']) {
        expect(await server().versionOf(id)).toBe('1.0.0');
      }
    });

    it('is taken once it is put right', async () => {
      const paths = ['echo', 'slow', 'pair'].map((name) => bed.workplace.editVersion(name, '3.0.0'));
      const { reloaded, failed } = expectValue(await server().client.reload(paths));
      expect(failed).toEqual([]);
      expect(reloaded.map(({ id }) => id).sort()).toEqual(['echo', 'pair.a', 'pair.b', 'slow']);
      for (const { oldVersion, newVersion } of reloaded) {
        expect({ oldVersion, newVersion }).toEqual({ oldVersion: '1.0.0', newVersion: '3.0.0' });
      }
      for (const id of ['echo', 'slow', 'pair.a', 'pair.b']) {
        expect(await server().versionOf(id)).toBe('3.0.0');
      }
    });
  });

  describe('a batch of the app', () => {
    const server = useServer(bed);

    it('with an invalid descriptor changes nothing', async () => {
      expect(expectValue(await server().admin({ do: 'batch', broken: true }))).toEqual({ ok: false });
      for (const id of ['pair.a', 'pair.b']) expect(await server().versionOf(id)).toBe('1.0.0');
    });

    it('is taken as a whole', async () => {
      const before = (await registrations(bed.agent)).length;
      expect(expectValue(await server().admin({ do: 'batch', broken: false }))).toEqual({ ok: true });
      for (const id of ['pair.a', 'pair.b']) expect(await server().versionOf(id)).toBe('batch');
      expect((await registrations(bed.agent)).length).toBeLessThanOrEqual(before + 1);
    });

    it('can be rolled back, five times at most', async () => {
      // The first of the batches was the one above; the module's own version is then the seventh before the present one.
      for (let batch = 2; batch <= 7; batch++) {
        expect(expectValue(await server().admin({ do: 'batch', broken: false }))).toEqual({ ok: true });
      }
      for (let back = 1; back <= 5; back++) {
        expect(expectValue(await server().client.rollback('pair.a'))).toEqual({
          id: 'pair.a',
          oldVersion: 'batch',
          newVersion: 'batch',
        });
      }
      expect(expectFailure(await server().client.rollback('pair.a')).code).toBe('FAILED_PRECONDITION');
      expect(await server().versionOf('pair.a')).toBe('batch');
    });
  });
}
