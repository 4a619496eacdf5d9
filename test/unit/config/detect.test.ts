import { describe, expect, it } from 'vitest';
import { Project } from './project.js';

describe('detection without a file', () => {
  it('says what it chose and the two ways to change it', async () => {
    const project = await Project.create({
      'package.json': { scripts: { dev: 'tsx watch src/main.ts' } },
      'node_modules/tsx/package.json': { name: 'tsx' },
      'src/main.ts': '',
    });
    const notes = (await project.session()).notes.join('\n');
    expect(notes).toContain('`node --import tsx src/main.ts` (package.json scripts.dev)');
    expect(notes).toContain('"command" in croupier.config.json');
    expect(notes).toContain('croupier dev -- ');
    expect(notes).toContain('a watcher itself');
  });

  it('gives a syntax check as build', async () => {
    const project = await Project.create({ 'server.js': '' });
    const service = await project.service();
    expect(service.command.argv).toEqual(['node', 'server.js']);
    expect(service.commandSource).toBe('server.js');
    expect(service.build).toMatchObject({ checkOnly: true, producesArtifact: false });
    expect(service.watch).toMatchObject({ extensions: [], ignore: [] });
  });

  it('gives a build with an artifact, what is watched and what is ignored', async () => {
    const project = await Project.create({ 'go.mod': 'module game\n', 'main.go': 'package main\n' });
    const service = await project.service();
    expect(service.build).toMatchObject({ checkOnly: false, producesArtifact: true });
    expect(service.watch.extensions).toContain('.go');
    expect(service.watch.ignore).toContain('*_test.go');
    expect(service.ready).toEqual({ kind: 'auto', timeout: 30_000 });
  });

  it('gives readiness and strategy where a framework asks for one, unless the file or a flag says more', async () => {
    const rails = { 'bin/rails': '', 'config/routes.rb': 'get "up" => "rails/health#show"\n' };
    const project = await Project.create(rails);
    expect((await project.service()).ready).toMatchObject({ kind: 'http', url: '/up' });
    await project.write('croupier.config.json', { ready: { tcp: '{port}' } });
    expect((await project.service()).ready).toMatchObject({ kind: 'tcp' });

    const phoenix = await Project.create({ 'mix.exs': 'mod: {Game, []}\n{:phoenix, "1"}\n' });
    expect((await phoenix.service()).restart.strategy).toBe('stop-first');
    expect((await phoenix.service({ flags: { strategy: 'overlap' } })).restart.strategy).toBe('overlap');
    await phoenix.write('croupier.config.json', { restart: { strategy: 'auto' } });
    expect((await phoenix.service()).restart.strategy).toBe('auto');
  });

  it.each([
    [{ 'package.json': { scripts: { start: 'node gone.js' } } }, 'there is no file gone.js'],
    [{ 'src/index.ts': '' }, 'npm install --save-dev tsx'],
    [{ 'Cargo.toml': '[package' }, 'Cargo.toml is not valid TOML.'],
    [{ 'README.md': '' }, 'server.js'],
  ])('finds nothing in %j, and says what it looked for and why nothing would do', async (files, reason) => {
    const project = await Project.create(files);
    const { message, wayOut } = await project.error();
    expect(message).toContain(`nothing to run in ${project.folder}`);
    expect(message).toContain(reason);
    expect(message).toContain('package.json with scripts.start');
    expect(message).toContain('looked for Go: go.mod');
    expect(message).toContain('croupier.config.json');
    expect(wayOut).toContain('"command"');
    expect(wayOut).toContain('croupier dev -- node server.js');
  });
});

describe('detection beside a file', () => {
  it('supplies the command, and the check only where the file says nothing about the build', async () => {
    const project = await Project.create({ 'game/server.js': '', 'croupier.config.json': { cwd: 'game' } });
    expect(await project.service()).toMatchObject({
      command: { display: 'node server.js' },
      commandSource: 'server.js',
      build: { checkOnly: true },
    });
    await project.write('croupier.config.json', { cwd: 'game', build: { command: 'make' } });
    expect((await project.service()).build).toMatchObject({ command: { display: 'make' }, checkOnly: false });
    await project.write('croupier.config.json', { cwd: 'game', build: false });
    expect((await project.service()).build).toBeNull();
  });

  it('adds no check to a command that was configured', async () => {
    const project = await Project.create({
      'server.js': '',
      'croupier.config.json': { command: 'node server.js' },
    });
    const session = await project.session();
    expect(session.services[0]?.build).toBeNull();
    expect(session.notes).toEqual([]);
  });

  it('names the file that has no command', async () => {
    const project = await Project.create({ 'croupier.config.json': {} });
    expect((await project.error()).message).toContain('croupier.config.json has no "command"');
  });
});
