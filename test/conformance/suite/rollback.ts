import { describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { expectFailure, expectValue } from '../game-server.js';
import { lastRegistration } from '../registrations.js';
import { type TestBed, useServer } from '../test-bed.js';

export function describeRollback(bed: TestBed): void {
  describe('rollback', () => {
    const server = useServer(bed);

    it('puts the version before the present one back, one after the other', async () => {
      for (const version of ['2.0.0', '3.0.0']) {
        expectValue(await server().client.reload([bed.workplace.editVersion('echo', version)]));
      }
      expect(expectValue(await server().client.rollback('echo'))).toEqual({
        id: 'echo',
        oldVersion: '3.0.0',
        newVersion: '2.0.0',
      });
      expect(await server().versionOf('echo')).toBe('2.0.0');
      await until('the agent has it', async () => {
        const { functions } = await lastRegistration(bed.agent);
        return functions.find(({ id }) => id === 'echo')?.version === '2.0.0';
      });
      expect(expectValue(await server().admin({ do: 'rollback', id: 'echo' }))).toBeDefined();
      expect(await server().versionOf('echo')).toBe('1.0.0');
    });

    it('says where there is no earlier version, and where there is no such function', async () => {
      expect(expectFailure(await server().client.rollback('slow')).code).toBe('FAILED_PRECONDITION');
      expect(expectFailure(await server().client.rollback('no.such')).code).toBe('NOT_FOUND');
      expect(await server().versionOf('slow')).toBe('1.0.0');
    });

    it('changes one function alone', async () => {
      const path = bed.workplace.editVersion('pair', '2.0.0');
      expectValue(await server().client.reload([path]));
      expectValue(await server().client.rollback('pair.a'));
      expect(await server().versionOf('pair.a')).toBe('1.0.0');
      expect(await server().versionOf('pair.b')).toBe('2.0.0');
    });

    it('is followed by the next save as any version', async () => {
      const path = bed.workplace.editVersion('pair', '3.0.0');
      const { reloaded } = expectValue(await server().client.reload([path]));
      expect([...reloaded].sort((one, other) => one.id.localeCompare(other.id))).toEqual([
        { id: 'pair.a', oldVersion: '1.0.0', newVersion: '3.0.0' },
        { id: 'pair.b', oldVersion: '2.0.0', newVersion: '3.0.0' },
      ]);
    });
  });
}
