import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/config/resolve.js';
import { fillIn } from '../../../src/scaffold/fill-in.js';
import { TEMPLATE_PROJECT_NAME } from '../../../src/scaffold/project-name.js';
import { readTemplate } from '../../../src/scaffold/read-template.js';
import { findTemplate, TEMPLATES } from '../../../src/scaffold/templates.js';
import { REPOSITORY } from '../../support/dev-process.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-templates-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = TEMPLATES.map(({ name }) => name);

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('the list of templates', () => {
  it('is what the folder holds', () => {
    expect([...names].sort()).toEqual(
      readdirSync(join(REPOSITORY, 'templates'))
        .filter((name) => name !== 'deploy')
        .sort(),
    );
  });

  it('is asked by name', () => {
    expect(findTemplate('go')?.name).toBe('go');
    expect(findTemplate('Go')).toBeNull();
  });
});

describe.each(names)('the template %s', (name) => {
  const facts = { name: 'my-poker-game', croupierVersion: '7.8.9' };

  it('has what a project needs', async () => {
    const paths = (await readTemplate(name)).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['.gitignore', 'README.md', 'croupier.config.json']));
    expect(paths).toContainEqual(expect.stringMatching(/test/i));
    expect(paths.filter((path) => path.startsWith('_'))).toEqual([]);
  });

  it('tells in its README how the three functions are called', async () => {
    const readme = (await readTemplate(name)).find(({ path }) => path === 'README.md')?.content;
    for (const id of ['player.ban', 'server.status', 'season.recalculate']) expect(readme).toContain(id);
    expect(readme).toContain('## In production');
  });

  it('ignores what the runner and the tools leave', async () => {
    const ignored = (await readTemplate(name)).find(({ path }) => path === '.gitignore')?.content;
    expect(ignored?.split('\n')).toEqual(expect.arrayContaining(['.croupier/', '.env']));
  });

  it('takes the name of a project everywhere', async () => {
    const files = await readTemplate(name);
    expect(files.filter(({ content }) => content.includes(TEMPLATE_PROJECT_NAME)).length).toBeGreaterThan(1);
    for (const { path, content } of fillIn(files, facts)) {
      expect(content.includes(TEMPLATE_PROJECT_NAME), path).toBe(false);
    }
  });

  it('has a configuration that holds', async () => {
    for (const { path, content } of fillIn(await readTemplate(name), facts)) put(path, content);
    const config = await resolveConfig({ cwd: folder, env: {}, flags: {} });
    expect(config).toMatchObject({
      ok: true,
      value: { services: [{ service: 'my-poker-game' }], notes: [] },
    });
  });
});

describe('the template node', () => {
  it('depends on the croupier-cli that made the project', async () => {
    const files = fillIn(await readTemplate('node'), { name: 'game', croupierVersion: '7.8.9' });
    const manifest = JSON.parse(files.find(({ path }) => path === 'package.json')?.content ?? '');
    expect(manifest).toMatchObject({ name: 'game', dependencies: { 'croupier-cli': '^7.8.9' } });
  });
});

describe('readTemplate', () => {
  it('leaves out what was made by trying it in place', async () => {
    for (const path of [
      'x/main.py',
      'x/a/b.py',
      'x/.venv/c',
      'x/__pycache__/d',
      'x/target/e',
      'x/node_modules/f',
    ])
      put(path, path);
    put('x/_gitignore', 'target/');
    expect(await readTemplate('x', folder)).toEqual([
      { path: '.gitignore', content: 'target/' },
      { path: 'a/b.py', content: 'x/a/b.py' },
      { path: 'main.py', content: 'x/main.py' },
    ]);
  });
});
