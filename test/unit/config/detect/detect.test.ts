import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeDetected } from '../../../../src/config/describe-choice.js';
import { detect } from '../../../../src/config/detect/detect.js';
import { LANGUAGES } from '../../../../src/config/detect/languages.js';
import { type Files, Project } from '../project.js';
import { detectIn, searchPathOf, type TreeOptions } from './tree.js';

const GO = { 'go.mod': 'module game\n', 'main.go': 'package main\n' };
const NODE = { 'package.json': { scripts: { start: 'node server.js' } }, 'server.js': '' };
const FASTAPI = { 'main.py': 'app = FastAPI()\n' };
const CMAKE = { 'CMakeLists.txt': 'project(game)\nadd_executable(game main.c)\n' };

async function notesOf(files: Files, options: TreeOptions = {}): Promise<readonly string[]> {
  const { candidates, missingTools } = await detectIn(files, options);
  const [chosen] = candidates;
  if (chosen === undefined) throw new Error('nothing was found');
  return describeDetected({ chosen, candidates, missingTools });
}

describe('several languages in one folder', () => {
  it.each<[string, Files, string[]]>([
    ['Go before Node', { ...NODE, ...GO }, ['Go', 'Node']],
    ['Python that is certain before Node', { ...NODE, ...FASTAPI }, ['Python', 'Node']],
    ['Node that is certain before Python that is likely', { ...NODE, 'main.py': '' }, ['Node', 'Python']],
    ['Node before CMake', { ...CMAKE, ...NODE }, ['Node', 'C and C++']],
    ['CMake that is certain before Node that is likely', { ...CMAKE, 'index.js': '' }, ['C and C++', 'Node']],
    ['Lua last', { 'main.lua': '', 'main.py': '', 'index.js': '' }, ['Python', 'Node', 'Lua']],
  ])('%s', async (_, files, languages) => {
    const { candidates } = await detectIn(files);
    expect([...new Set(candidates.map(({ language }) => language))]).toEqual(languages);
  });

  it('says what else was found, why it was not taken, and how to run it', async () => {
    const notes = await notesOf({ ...GO, ...NODE });
    expect(notes).toEqual([
      'Builds by `go build -o {artifact} .` and runs `{artifact}` (go.mod, package main in the folder). To change that, set "command" in croupier.config.json or start with: croupier dev -- <command>',
      'Found go.mod and package.json: chose Go, because a package.json beside another project is mostly of its front end or its tools. To run the other: croupier dev -- node server.js',
    ]);
  });

  it('says that a guess is one', async () => {
    const notes = await notesOf({ ...NODE, 'main.py': '' });
    expect(notes.at(-1)).toBe(
      'Found package.json and main.py: chose Node, because main.py is only found by its name. To run the other: croupier dev -- python3 -u main.py',
    );
  });

  it.each<[string, Files, string]>([
    [
      'by hand',
      { ...GO, 'Cargo.toml': '[package]\nname = "x"\n', 'src/main.rs': '' },
      'croupier dev -- cargo run --quiet --bin x',
    ],
    [
      'by the configuration',
      { ...GO, ...CMAKE },
      'set "command": "{artifact}" and "build": { "command": "ctest --build-and-test',
    ],
  ])('says how to run what needs a build: %s', async (_, files, text) => {
    expect((await notesOf(files)).at(-1)).toContain(`To run the other: ${text}`);
  });

  it('gives the same answer each time', async () => {
    const project = await Project.create({ ...GO, ...NODE, ...FASTAPI, ...CMAKE, 'main.lua': '' });
    const first = await detect(project.folder, undefined);
    expect(await detect(project.folder, undefined)).toEqual(first);
  });

  it('has a name, a place to look and a reason to give way for every language', () => {
    expect(LANGUAGES.map(({ name }) => name)).toEqual([
      ...[
        'Go',
        'Rust',
        'Java',
        'Kotlin',
        'C#',
        'F#',
        'Elixir',
        'Ruby',
        'PHP',
        'Python',
        'Node',
        'C and C++',
        'Lua',
      ],
    ]);
    for (const { looksFor, besideOthers } of LANGUAGES) {
      expect(looksFor).not.toEqual([]);
      expect(besideOthers).toMatch(/\bmostly\b.*[^.]$/);
    }
  });
});

describe('tools that are missing', () => {
  it('are named', async () => {
    expect(await notesOf(GO, { tools: ['node'] })).toContain(
      'go is not in PATH: this project of Go cannot start without it.',
    );
    expect((await notesOf(CMAKE, { tools: [] })).join('\n')).toContain(
      'cmake, ctest and make are not in PATH',
    );
  });

  it('are not named where they are there, or where PATH is not known', async () => {
    expect((await notesOf(GO, { tools: ['go'] })).join('\n')).not.toContain('PATH');
    expect((await notesOf(GO)).join('\n')).not.toContain('PATH');
  });

  it('are looked up in the PATH of the configuration before the one of the runner', async () => {
    const project = await Project.create(GO);
    const PATH = await searchPathOf(['go']);
    const none = await searchPathOf([]);
    expect((await project.session({ env: { PATH } })).notes.join('\n')).not.toContain('not in PATH');
    expect((await project.session({ env: { PATH: none } })).notes.join('\n')).toContain('go is not in PATH');
    await project.write('croupier.config.json', { environment: { PATH } });
    expect((await project.session({ env: { PATH: none } })).notes.join('\n')).not.toContain('not in PATH');
  });
});

describe('projects below', () => {
  it('are named where the folder itself has none, and none is guessed', async () => {
    const { candidates, below } = await detectIn({
      'package.json': { workspaces: ['services/*'] },
      'services/game/go.mod': 'module game\n',
      'services/game/web/package.json': {},
      'services/lobby/requirements.txt': '',
      'node_modules/x/package.json': {},
      'docs/readme.md': '',
    });
    expect(candidates).toEqual([]);
    expect(below).toEqual(['services/game (go.mod)', 'services/lobby (requirements.txt)']);
  });

  it('are in the error, with the way there', async () => {
    const project = await Project.create({ 'services/game/go.mod': 'module game\n' });
    const { message, wayOut } = await project.error();
    expect(message).toContain('projects below, of which none is guessed: services/game (go.mod)');
    expect(wayOut).toContain('cd services/game && croupier dev');
  });
});

describe('limits of what is read', () => {
  it('finds the marker among very many files, and in time', async () => {
    const files: Record<string, string> = { ...GO };
    for (let n = 0; n < 3000; n++) files[`a${n}.txt`] = '';
    const project = await Project.create(files);
    expect((await detect(project.folder, undefined)).candidates[0]?.language).toBe('Go');
  });

  it('does not read a file that is too large to be a manifest', async () => {
    const { rejected, candidates } = await detectIn({
      'package.json': JSON.stringify({ scripts: { start: 'node server.js' }, x: 'x'.repeat(300_000) }),
      'server.js': '',
    });
    expect(candidates.map(({ source }) => source)).toEqual(['server.js']);
    expect(rejected).toEqual([]);
  });

  it('follows links to files, and is not stopped by ones that lead nowhere or round', async () => {
    const project = await Project.create({ 'real/app.js': '' });
    await symlink(join(project.folder, 'real/app.js'), join(project.folder, 'server.js'));
    await symlink(join(project.folder, 'gone'), join(project.folder, 'index.js'));
    await symlink(project.folder, join(project.folder, 'round'));
    const { candidates } = await detect(project.folder, undefined);
    expect(candidates.map(({ source }) => source)).toEqual(['server.js']);
  });

  it('takes a folder with the name of a marker for no file', async () => {
    const project = await Project.create({});
    for (const name of ['go.mod', 'package.json', 'Cargo.toml', 'main.py'])
      await mkdir(join(project.folder, name));
    expect(await detect(project.folder, undefined)).toMatchObject({ candidates: [], rejected: [] });
  });

  it('finds nothing in a folder that is not there', async () => {
    expect(await detect('/nowhere/at/all', undefined)).toEqual({
      candidates: [],
      rejected: [],
      missingTools: [],
      below: [],
    });
  });
});
