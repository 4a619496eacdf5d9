import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detect } from '../../../src/config/detect/detect.js';
import { resolveConfig } from '../../../src/config/resolve.js';
import { TEMPLATES } from '../../../src/scaffold/templates.js';
import { cleanEnvironment, REPOSITORY, runCroupier } from '../../support/dev-process.js';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-init-')));
  mkdirSync(join(folder, '.git'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const entries = (path = '.') => readdirSync(join(folder, path)).sort();

/** A project of each language, as small as it is found. */
const PROJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  node: { 'package.json': '{ "scripts": { "start": "node server.js --debug" } }', 'server.js': '' },
  go: { 'go.mod': 'module shop\n', 'cmd/shop/main.go': 'package main\n\nfunc main() {}\n' },
  fastapi: {
    'requirements.txt': 'fastapi\nuvicorn\n',
    'main.py': 'from fastapi import FastAPI\n\napp = FastAPI()\n',
  },
  java: {
    'pom.xml': `<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>shop</artifactId><version>1</version>
<build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>
</project>`,
    'src/main/java/Shop.java': 'class Shop { public static void main(String[] args) {} }',
  },
  rust: { 'Cargo.toml': '[package]\nname = "shop"\nversion = "0.1.0"\n', 'src/main.rs': 'fn main() {}\n' },
  cmake: {
    'CMakeLists.txt':
      'cmake_minimum_required(VERSION 3.20)\nproject(shop CXX)\nadd_executable(shop main.cpp)\n',
    'main.cpp': 'int main() {}\n',
  },
};

describe('croupier init for a project that is there', () => {
  it.each(Object.keys(PROJECTS))('writes down what dev would run: %s', async (name) => {
    for (const [path, text] of Object.entries(PROJECTS[name] ?? {})) put(path, text);
    const [found] = (await detect(folder, process.env.PATH)).candidates;

    const { code, stdout, stderr } = await runCroupier(folder, ['init', '--yes']);

    expect(code, stderr).toBe(0);
    expect(stdout).toContain('croupier dev');
    const config = await resolveConfig({ cwd: folder, env: cleanEnvironment(), flags: {} });
    expect(config).toMatchObject({
      ok: true,
      value: {
        file: join(folder, 'croupier.config.json'),
        services: [{ command: { argv: found?.command.argv, shell: found?.command.shell } }],
      },
    });
    const [service] = config.ok ? config.value.services : [];
    const build = found?.build?.checkOnly === false ? found.build.command.argv : undefined;
    expect(service?.build?.command.argv).toEqual(build);
    for (const pattern of found?.ignore ?? []) expect(service?.watch.ignore).toContain(pattern);
  });

  it('replaces a configuration by force alone', async () => {
    for (const [path, text] of Object.entries(PROJECTS.go ?? {})) put(path, text);
    put('croupier.config.json', 'mine');
    const refused = await runCroupier(folder, ['init', '--yes']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('croupier.config.json is already there');
    expect(readFileSync(join(folder, 'croupier.config.json'), 'utf8')).toBe('mine');

    expect((await runCroupier(folder, ['init', '--yes', '--force'])).code).toBe(0);
    expect(readFileSync(join(folder, 'croupier.config.json'), 'utf8')).toContain('go');
  });

  it('does not wait for an answer where nobody can give one', async () => {
    const { code, stderr } = await runCroupier(folder, ['init']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no project to detect');
    expect(entries()).toEqual(['.git']);
  });
});

describe('croupier init --template', () => {
  it.each(TEMPLATES.map(({ name }) => name))('makes a project of %s', async (name) => {
    const { code, stdout, stderr } = await runCroupier(folder, ['init', 'My Game', '--template', name]);
    expect(code, stderr).toBe(0);
    const project = join(folder, 'My Game');
    for (const path of entries('My Game')) expect(stdout).toContain(path);
    expect(entries('My Game')).toContain('.gitignore');
    const config = await resolveConfig({ cwd: project, env: cleanEnvironment(), flags: {} });
    expect(config).toMatchObject({ ok: true, value: { root: project, services: [{ service: 'my-game' }] } });
  });

  it('lists them', async () => {
    const { code, stdout } = await runCroupier(folder, ['init', '--list']);
    expect(code).toBe(0);
    for (const { name, summary } of TEMPLATES) expect(stdout).toMatch(`${name.padEnd(11)}  ${summary}`);
  });

  it('refuses one that is not there', async () => {
    const { code, stderr } = await runCroupier(folder, ['init', 'x', '--template', 'jav']);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean java?');
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  it('refuses a folder with files, and changes none of them', async () => {
    put('x/main.go', 'mine');
    put('x/notes.txt', 'mine');
    const { code, stderr } = await runCroupier(folder, ['init', 'x', '--template', 'go']);
    expect(code).toBe(2);
    expect(stderr).toContain('main.go, notes.txt');
    expect(entries('x')).toEqual(['main.go', 'notes.txt']);
  });

  // Root may write everywhere, so the command runs as somebody else then.
  it.skipIf(process.platform === 'win32')(
    'leaves nothing in a folder that cannot be written to',
    async () => {
      chmodSync(folder, 0o555);
      const isRoot = process.getuid?.() === 0;
      const child = spawn(
        process.execPath,
        [join(REPOSITORY, 'bin', 'croupier.js'), 'init', 'x', '--template', 'go'],
        {
          cwd: folder,
          env: cleanEnvironment(),
          stdio: ['ignore', 'ignore', 'pipe'],
          ...(isRoot && { uid: 65_534, gid: 65_534 }),
        },
      );
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const [code] = await once(child, 'close');
      chmodSync(folder, 0o755);
      expect(stderr).toContain('x could not be written: EACCES');
      expect(stderr).toContain('Name a folder that you may write to.');
      expect(code).toBe(3);
      expect(entries()).toEqual(['.git']);
    },
  );
});
