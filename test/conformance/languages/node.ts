import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/dev-process.js';
import { askedReloads, type Language } from '../language.js';

const APP = join(REPOSITORY, 'test', 'conformance', 'apps', 'node');

/** The Node SDK, as it is built in this checkout. */
export const NODE: Language = {
  name: 'node',
  findMissing: () => null,
  async prepare(folder) {
    cpSync(APP, folder, { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(REPOSITORY, join(folder, 'node_modules', 'croupier-cli'), 'dir');
  },
  command: () => [process.execPath, 'server.mjs'],
  moduleFile: (name) => `functions/${name}.mjs`,
  greetingFile: 'functions/lib/greeting.mjs',
  programFile: 'server.mjs',
  failingStatement: "throw new Error('broken on purpose');",
  emptyModule: () => 'export const nothing = true;\n',
  furtherModule: (echo, _name, functionId) => echo.replace("'echo'", `'${functionId}'`),
  invalidId: (functionId) => ({ from: `'${functionId}'`, to: "'not an id'" }),
  reloadMs: 1_000,
  reloads: askedReloads() ?? 100,
};
