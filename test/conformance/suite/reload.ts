import { describe, expect, it } from 'vitest';
import { until } from '../../support/dev-process.js';
import { expectFailure, expectValue } from '../game-server.js';
import { registrations } from '../registrations.js';
import { type TestBed, useServer } from '../test-bed.js';

export function describeReload(bed: TestBed): void {
  describe('reload', () => {
    const server = useServer(bed);
    const { moduleFile, greetingFile, programFile, furtherModule, reloadMs } = bed.language;

    it('takes a changed file, and nothing else', async () => {
      const path = bed.workplace.editVersion('echo', '2.0.0');
      expect(expectValue(await server().client.reload([path]))).toEqual({
        reloaded: [{ id: 'echo', oldVersion: '1.0.0', newVersion: '2.0.0' }],
        failed: [],
        needsRestart: false,
        reason: '',
      });
      expect(await server().versionOf('echo')).toBe('2.0.0');
      expect(await server().versionOf('slow')).toBe('1.0.0');
    });

    it('reports changed code under the same version, too', async () => {
      const path = bed.workplace.editVersion('echo', '2.0.0');
      const { reloaded } = expectValue(await server().client.reload([path]));
      expect(reloaded).toEqual([{ id: 'echo', oldVersion: '2.0.0', newVersion: '2.0.0' }]);
    });

    it('takes several saves within a second, of the same length', async () => {
      for (const version of ['3.0.0', '4.0.0', '5.0.0']) {
        const path = bed.workplace.editVersion('echo', version);
        expectValue(await server().client.reload([path]));
        expect(await server().versionOf('echo')).toBe(version);
      }
    });

    it('reloads what depends on a changed file, and nothing else', async () => {
      const from = 'hello';
      const path = bed.workplace.edit(greetingFile, { from, to: 'ahoy' });
      const { reloaded, failed, needsRestart, reason } = expectValue(await server().client.reload([path]));
      expect({ failed, needsRestart, reason }).toEqual({ failed: [], needsRestart: false, reason: '' });
      expect(reloaded.map(({ id }) => id).sort()).toEqual(['pair.a', 'pair.b']);
      for (const id of ['pair.a', 'pair.b']) {
        const answer = expectValue(await server().client.invoke(id, {}));
        expect(answer).toMatchObject({ greeting: expect.stringContaining('ahoy') });
      }
    });

    it('reloads functions by their ids', async () => {
      bed.workplace.editVersion('slow', '2.0.0');
      bed.workplace.editVersion('echo', '6.0.0');
      const { reloaded } = expectValue(await server().client.reload([], ['slow']));
      expect(reloaded).toEqual([{ id: 'slow', oldVersion: '1.0.0', newVersion: '2.0.0' }]);
      expect(await server().versionOf('slow')).toBe('2.0.0');
      expect(await server().versionOf('echo')).toBe('5.0.0');
    });

    it('finishes calls and jobs under way on the handlers that they began with', async () => {
      const { client } = server();
      const version = await server().versionOf('slow');
      const call = client.invoke('slow', { ms: reloadMs });
      const job = expectValue(await client.startJob('count', { steps: 10, ms: reloadMs / 10 }));
      await server().untilInFlight(2);
      const paths = ['slow', 'count'].map((name) => bed.workplace.editVersion(name, '3.0.0'));
      expectValue(await client.reload(paths));
      expect(await server().versionOf('slow')).toBe('3.0.0');
      const answer = expectValue(await client.invoke('count', { steps: 1, ms: 0 }));
      expect(answer).toEqual({ steps: 1, version: '3.0.0' });
      expect(expectValue(await call)).toMatchObject({ version });
      const last = expectValue(await client.readJob(job)).at(-1);
      expect(JSON.parse(last?.payload.toString() ?? '')).toEqual({ steps: 10, version: '1.0.0' });
    });

    it('adds the functions of a new file, and takes out those of a deleted one', async () => {
      const { client } = server();
      const path = moduleFile('extra');
      const echo = bed.workplace.original(moduleFile('echo'));
      bed.workplace.write(path, furtherModule(echo, 'extra', 'extra'));
      const added = expectValue(await client.reload([path]));
      expect(added).toMatchObject({ reloaded: [{ id: 'extra', oldVersion: '', newVersion: '1.0.0' }] });
      expect(expectValue(await client.invoke('extra', { text: 'new' }))).toMatchObject({ text: 'new' });
      await until('the agent has it', () => isListed('extra'));

      bed.workplace.delete(path);
      const removed = expectValue(await client.reload([path]));
      expect(removed).toMatchObject({ reloaded: [{ id: 'extra', oldVersion: '1.0.0', newVersion: '' }] });
      expect(expectFailure(await client.invoke('extra', { text: 'new' })).code).toBe('NOT_FOUND');
      await until('the agent has it no more', async () => !(await isListed('extra')));
    });

    it('registers once for a batch', async () => {
      const before = (await registrations(bed.agent)).length;
      const paths = ['echo', 'slow', 'pair'].map((name) => bed.workplace.editVersion(name, '7.0.0'));
      const { reloaded } = expectValue(await server().client.reload(paths));
      expect(reloaded.map(({ id }) => id).sort()).toEqual(['echo', 'pair.a', 'pair.b', 'slow']);
      await until('it is registered', async () => {
        const { functions } = (await registrations(bed.agent)).at(-1) ?? { functions: [] };
        return functions.filter(({ version }) => version === '7.0.0').length === 4;
      });
      expect((await registrations(bed.agent)).length).toBe(before + 1);
    });

    it('asks for a restart where a file is no function module, and changes nothing', async () => {
      const echo = bed.workplace.editVersion('echo', '8.0.0');
      const answer = expectValue(await server().client.reload([echo, programFile]));
      expect(answer).toMatchObject({ reloaded: [], failed: [], needsRestart: true });
      expect(answer.reason).toContain(programFile);
      expect(await server().versionOf('echo')).toBe('7.0.0');
    });

    it('takes requests at the same time one after the other', async () => {
      const { client } = server();
      const paths = [bed.workplace.editVersion('echo', '9.0.0'), bed.workplace.editVersion('slow', '9.0.0')];
      const answers = await Promise.all(paths.map((path) => client.reload([path])));
      expect(answers.map((answer) => expectValue(answer).reloaded.map(({ id }) => id))).toEqual([
        ['echo'],
        ['slow'],
      ]);
      expect(await server().versionOf('echo')).toBe('9.0.0');
      expect(await server().versionOf('slow')).toBe('9.0.0');
    });
  });

  async function isListed(functionId: string): Promise<boolean> {
    return (await bed.agent.control('registry')).some(({ id }) => id === functionId);
  }
}
