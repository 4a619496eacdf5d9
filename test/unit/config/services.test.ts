import { describe, expect, it } from 'vitest';
import { Project, type ResolveOptions } from './project.js';

/** A reference, as the file has it. */
const NAME = ['$', '{NAME}'].join('');
const COMMAND = { command: 'node x.js' };

async function createProject(services: object, files: Readonly<Record<string, string | object>> = {}) {
  return Project.create({ 'croupier.config.json': { ...COMMAND, services }, ...files });
}

describe('several services', () => {
  it('come in the order of the file, each with its own folder and variables', async () => {
    const project = await createProject(
      {
        lobby: { cwd: 'lobby', environment: { WHO: NAME } },
        game: { cwd: 'game', environment: { WHO: NAME }, dependsOn: ['lobby'] },
      },
      { 'lobby/.env': 'NAME=l\n', 'game/.env': 'NAME=g\n' },
    );
    const { services } = await project.session();
    expect(
      services.map(({ name, service, environment, dependsOn }) => [name, service, environment, dependsOn]),
    ).toEqual([
      ['lobby', 'lobby', { WHO: 'l' }, []],
      ['game', 'game', { WHO: 'g' }, ['lobby']],
    ]);
  });

  it('a variable that only another service has is missing', async () => {
    const project = await createProject(
      { lobby: { cwd: 'lobby' }, game: { cwd: 'game', version: NAME } },
      { 'lobby/.env': 'NAME=l\n', 'game/x': '' },
    );
    const { message } = await project.error();
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toContain('`services.game.version`');
  });

  it('named ones run with what they depend on', async () => {
    const project = await createProject({
      db: {},
      lobby: { dependsOn: ['db'] },
      game: { dependsOn: ['lobby'], service: 'game-id' },
      other: {},
    });
    const names = async (...wanted: string[]) =>
      (await project.session({ flags: { names: wanted } })).services.map(({ name }) => name);
    expect(await names('lobby')).toEqual(['db', 'lobby']);
    expect(await names('game-id')).toEqual(['db', 'lobby', 'game']);
    expect(await names('other', 'db')).toEqual(['db', 'other']);
    const { message, wayOut } = await project.error({ flags: { names: ['gme'] } });
    expect(message).toBe('there is no service named "gme"');
    expect(wayOut).toBe('Did you mean "game"? The services are: db, lobby, game, other.');
  });

  it.each([
    [{ a: { dependsOn: ['b'] }, lob: {} }, '`services.a.dependsOn[0]` is "b", but there is no such service'],
    [{ a: { dependsOn: ['a'] } }, 'the services wait for each other: a -> a'],
    [
      { x: {}, a: { dependsOn: ['b'] }, b: { dependsOn: ['c'] }, c: { dependsOn: ['a'] } },
      'the services wait for each other: a -> b -> c -> a',
    ],
    [
      {
        a: { functions: [{ id: 'ban', http: 'POST /a' }] },
        b: { functions: [{ id: 'ban', http: 'POST /b' }] },
      },
      '`services.b.functions[0].id` is "ban", but the service `a` has a function with this id already',
    ],
    [
      {
        a: {
          functions: [
            { id: 'ban', http: 'POST /a' },
            { id: 'ban', http: 'POST /b' },
          ],
        },
      },
      '`services.a.functions[1].id` is "ban", but the service has a function with this id already',
    ],
    [
      { a: { proxy: [{ listen: 8000 }] }, b: { proxy: [{ listen: '127.0.0.1:8000' }] } },
      'the service `a` has this stable port already',
    ],
    [{ a: { service: 'same' }, b: { service: 'same' } }, 'the service `a` has the id "same" already'],
  ])('%j is an error', async (services, complaint) => {
    const { message } = await (await createProject(services)).error();
    expect(message).toContain(complaint);
  });

  it('what is wrong at the top level is said once', async () => {
    const project = await Project.create({
      'croupier.config.json': { ...COMMAND, watch: { quiet: 'x' }, services: { a: {}, b: { version: 1 } } },
    });
    const { message } = await project.error();
    expect(message.split('\n')).toHaveLength(2);
    expect(message).toContain('`watch.quiet`');
    expect(message).toContain('`services.b.version`');
  });

  it.each([
    [{ flags: { service: 'x' } }, '--service'],
    [{ flags: { command: ['node'] } }, 'the command after --'],
    [{ env: { CROUPIER_COMMAND: 'node' } }, 'CROUPIER_COMMAND'],
    [{ env: { CROUPIER_SERVICE: 'x' } }, 'CROUPIER_SERVICE'],
  ] satisfies readonly [ResolveOptions, string][])(
    '%j is meant for one',
    async (options: ResolveOptions, setting) => {
      const project = await createProject({ a: {}, b: {} });
      expect((await project.error(options)).message).toBe(
        `${setting} is for one service, and this session has several`,
      );
      await project.session({ ...options, flags: { ...options.flags, names: ['a'] } });
    },
  );
});
