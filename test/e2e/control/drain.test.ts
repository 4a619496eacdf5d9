import { afterEach, beforeEach, expect, it } from 'vitest';
import { DevProcess, runCroupier, until } from '../../support/dev-process.js';
import { Project } from '../../support/project.js';
import { instancesOf, openAgent } from '../upstream/world.js';

let project: Project;
let dev: DevProcess | null;

beforeEach(() => {
  project = new Project();
  dev = null;
});

afterEach(async () => {
  await dev?.stop();
  project.remove();
});

function serverWith(functionId: string): string {
  return `import { createService } from 'croupier-cli/sdk';
const service = createService({ serviceId: 'x' });
service.registerFunction({ id: '${functionId}', version: '1.0.0' }, (payload) => payload);
await service.connect();
`;
}

it('takes one service out of an agent, then all of them, and answers calls as before', async () => {
  const agent = await openAgent();
  project.write('package.json', '{"type":"module"}');
  for (const name of ['game', 'chat']) project.write(`${name}/server.js`, serverWith(`${name}.echo`));
  project.config({
    services: {
      game: { cwd: 'game', command: 'node server.js' },
      chat: { cwd: 'chat', command: 'node server.js' },
    },
  });
  dev = DevProcess.start(project.folder, ['--upstream', `agent://${agent.address}`]);
  const isListed = async (id: string) => (await instancesOf(agent, id)).length > 0;
  for (const id of ['game.echo', 'chat.echo']) await until(`${id} is listed`, () => isListed(id));
  const croupier = (...words: readonly string[]) => runCroupier(project.folder, words);

  expect(await croupier('drain', 'game')).toMatchObject({ code: 0, stderr: '' });
  await until('the agent has taken game out', async () => !(await isListed('game.echo')));
  expect(await isListed('chat.echo')).toBe(true);
  const status = JSON.parse((await croupier('status', '--json')).stdout);
  expect(status.services).toMatchObject([
    { name: 'game', isDrained: true, isServing: true },
    { name: 'chat', isDrained: false },
  ]);
  expect(status.upstream).toMatchObject({ url: `agent://${agent.address}`, state: 'connected' });
  const called = await croupier('invoke', 'game.echo', '{"id":1}');
  expect(called).toMatchObject({ code: 0, stdout: '{"id":1}' });

  // A new generation does not bring it back: the drain comes before the end.
  expect((await croupier('reload', 'game')).code).toBe(0);
  expect(await croupier('drain')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('drained game, chat'),
  });
  expect(await isListed('chat.echo')).toBe(false);
  expect(await isListed('game.echo')).toBe(false);
  expect((await croupier('stop')).code).toBe(0);
});
