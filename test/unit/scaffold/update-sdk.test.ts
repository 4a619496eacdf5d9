import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillIn } from '../../../src/scaffold/fill-in.js';
import { readTemplate } from '../../../src/scaffold/read-template.js';
import { findSdkCopies, findSdkCopyAbove } from '../../../src/scaffold/sdk-copies.js';
import { digest } from '../../../src/scaffold/sdk-manifest.js';
import { describeSdk } from '../../../src/scaffold/sdk-source.js';
import { updateSdk } from '../../../src/scaffold/update-sdk.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'croupier-sdk-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const isThere = (path: string) => existsSync(join(folder, path));

/** A release of the program: its templates, with an SDK of Go as small as one can be. */
function release(
  version: string,
  files: Readonly<Record<string, string>>,
): { version: string; templates: string } {
  put(`${version}/go/go.mod`, 'module example.com/game-server\n');
  for (const [path, text] of Object.entries(files)) put(`${version}/go/croupier/${path}`, text);
  return { version, templates: join(folder, version) };
}

const ONE = {
  'client.go': 'package croupier\n\nimport "example.com/game-server/croupier/internal/wire"\n',
  'internal/wire/wire.go': 'package wire\n\nconst desc = "Z%example.com/game-server/croupier/internal"\n',
  'old/old.go': 'package old\n',
};
const TWO = {
  'client.go': `${ONE['client.go']}\nconst Version = 2\n`,
  'internal/wire/wire.go': ONE['internal/wire/wire.go'],
  'new.go': 'package croupier\n',
};

/** A project as `croupier init` of a release makes it. */
async function makeProject(
  name: string,
  { version, templates }: ReturnType<typeof release>,
): Promise<string> {
  const files = fillIn(await readTemplate('go', templates), { name, croupierVersion: version });
  for (const file of [...files, ...describeSdk('go', files, version)])
    put(`${name}/${file.path}`, file.content);
  return join(folder, name);
}

async function update(
  project: string,
  to: ReturnType<typeof release>,
  more: { force?: boolean; dryRun?: boolean } = {},
) {
  const [copy] = await findSdkCopies(project, to.templates);
  if (copy === undefined) throw new Error('there is no copy');
  const updated = await updateSdk(copy, { force: false, dryRun: false, ...to, ...more });
  if (!updated.ok) return updated.error;
  return Object.fromEntries(updated.value.changes.map(({ path, kind }) => [path, kind]));
}

describe('a project made by init', () => {
  it('has the SDK for its own module, and leaves encoded names in it alone', async () => {
    await makeProject('poker', release('1.0.0', ONE));
    expect(read('poker/croupier/client.go')).toContain('"example.com/poker/croupier/internal/wire"');
    expect(read('poker/croupier/internal/wire/wire.go')).toBe(ONE['internal/wire/wire.go']);
    expect(JSON.parse(read('poker/croupier/.sdk.json'))).toMatchObject({
      language: 'go',
      version: '1.0.0',
      module: 'example.com/poker',
      files: { 'client.go': expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('has nothing to update at once', async () => {
    const one = release('1.0.0', ONE);
    expect(await update(await makeProject('poker', one), one)).toEqual({});
  });

  it('is brought to the next version, and stays there', async () => {
    const project = await makeProject('poker', release('1.0.0', ONE));
    const two = release('2.0.0', TWO);
    const changes = { 'client.go': 'updated', 'new.go': 'added', 'old/old.go': 'removed' };

    expect(await update(project, two, { dryRun: true })).toEqual(changes);
    expect(read('poker/croupier/client.go')).not.toContain('Version = 2');

    expect(await update(project, two)).toEqual(changes);
    expect(read('poker/croupier/client.go')).toContain('Version = 2');
    expect(read('poker/croupier/client.go')).toContain('"example.com/poker/croupier/internal/wire"');
    expect(isThere('poker/croupier/new.go')).toBe(true);
    expect(isThere('poker/croupier/old')).toBe(false);
    expect(await update(project, two)).toEqual({});
  });

  it('follows a module that got another name', async () => {
    const project = await makeProject('poker', release('1.0.0', ONE));
    put('poker/go.mod', 'module github.com/me/cards\n');
    const client = 'poker/croupier/client.go';
    put(client, read(client).replace('example.com/poker', 'github.com/me/cards'));

    expect(await update(project, release('2.0.0', TWO))).toMatchObject({ 'client.go': 'updated' });
    expect(read(client)).toContain('"github.com/me/cards/croupier/internal/wire"');
  });
});

describe('files that the user has changed', () => {
  it('stay, with the new ones beside them until they are merged', async () => {
    const project = await makeProject('poker', release('1.0.0', ONE));
    const two = release('2.0.0', TWO);
    put('poker/croupier/client.go', 'mine');
    put('poker/croupier/old/old.go', 'mine, too');

    expect(await update(project, two)).toMatchObject({ 'client.go': 'offered', 'old/old.go': 'left' });
    expect(read('poker/croupier/client.go')).toBe('mine');
    expect(read('poker/croupier/client.go.new')).toContain('Version = 2');
    expect(read('poker/croupier/old/old.go')).toBe('mine, too');

    expect(await update(project, two)).toEqual({ 'client.go': 'pending' });
    rmSync(join(project, 'croupier/client.go.new'));
    expect(await update(project, two)).toEqual({ 'client.go': 'kept' });
  });

  it('are overwritten by force, and what was offered goes', async () => {
    const project = await makeProject('poker', release('1.0.0', ONE));
    const two = release('2.0.0', TWO);
    put('poker/croupier/client.go', 'mine');
    await update(project, two);

    expect(await update(project, two, { force: true })).toEqual({ 'client.go': 'overwritten' });
    expect(read('poker/croupier/client.go')).toContain('Version = 2');
    expect(isThere('poker/croupier/client.go.new')).toBe(false);
  });

  it('lose their offer when they are made like it', async () => {
    const project = await makeProject('poker', release('1.0.0', ONE));
    const two = release('2.0.0', TWO);
    put('poker/croupier/client.go', 'mine');
    await update(project, two);
    put('poker/croupier/client.go', read('poker/croupier/client.go.new'));

    expect(await update(project, two)).toEqual({});
    expect(isThere('poker/croupier/client.go.new')).toBe(false);
  });
});

describe('a copy', () => {
  it('without a manifest is recognised, and nothing of it is overwritten', async () => {
    const two = release('2.0.0', TWO);
    const project = await makeProject('poker', two);
    rmSync(join(project, 'croupier/.sdk.json'));
    put('poker/croupier/new.go', 'mine');

    expect(await update(project, two)).toEqual({ 'new.go': 'offered' });
    expect(read('poker/croupier/new.go')).toBe('mine');
    expect(isThere('poker/croupier/.sdk.json')).toBe(true);
  });

  it('of a later version is refused, but for force', async () => {
    const project = await makeProject('poker', release('10.0.0', TWO));
    const one = release('9.9.0', ONE);
    expect(await update(project, one)).toEqual({ reason: 'newer', version: '10.0.0' });
    expect(await update(project, one, { force: true })).toMatchObject({ 'old/old.go': 'added' });
  });

  it('is found in the services of a repository, and from a folder inside of its project', async () => {
    const one = release('1.0.0', ONE);
    await makeProject('repository/services/poker', one);
    await makeProject('repository/node_modules/poker', one);
    put('repository/.git/HEAD', '');
    put('repository/croupier/main.go', 'package croupier // of the user');
    put('repository/go.mod', 'module example.com/repository\n');
    const copies = await findSdkCopies(join(folder, 'repository'), one.templates);
    expect(copies.map(({ project }) => project)).toEqual([join(folder, 'repository/services/poker')]);

    put('repository/services/poker/functions/ban.go', '');
    expect(await findSdkCopyAbove(join(folder, 'repository/services/poker/functions'))).toEqual(copies[0]);
    expect(await findSdkCopyAbove(join(folder, 'repository/services'))).toBeNull();
  });

  it('is never updated outside of its folder, whatever its manifest says', async () => {
    const two = release('2.0.0', TWO);
    const project = await makeProject('poker', two);
    const manifest = JSON.parse(read('poker/croupier/.sdk.json'));
    put('victim', 'x');
    manifest.files = { ...manifest.files, '../../victim': digest('x'), '/etc/victim': digest('x') };
    put('poker/croupier/.sdk.json', JSON.stringify(manifest));
    expect(await update(project, two)).toEqual({});
    expect(isThere('victim')).toBe(true);
  });
});

describe('the SDKs of this package', () => {
  it.each(['go', 'python'] as const)('%s: a new project has nothing to update', async (language) => {
    const version = '1.0.0';
    const files = fillIn(await readTemplate(language), { name: 'poker', croupierVersion: version });
    for (const file of [...files, ...describeSdk(language, files, version)]) {
      put(`poker/${file.path}`, file.content);
    }
    const [copy] = await findSdkCopies(join(folder, 'poker'));
    if (copy === undefined) throw new Error('there is no copy');
    expect(copy.language).toBe(language);
    expect(await updateSdk(copy, { version, force: false, dryRun: false })).toMatchObject({
      ok: true,
      value: { changes: [] },
    });
  });
});
