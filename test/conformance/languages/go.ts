import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/dev-process.js';
import { askedReloads, type Language } from '../language.js';
import { runCommand, succeeds } from './run-command.js';

const APP = join(REPOSITORY, 'test', 'conformance', 'apps', 'go');
const TEMPLATE = join(REPOSITORY, 'templates', 'go');

/** The Go SDK, as it is copied into projects by `croupier init`. Its functions are reloaded as plugins, each of which is built first. */
export const GO: Language = {
  name: 'go',
  findMissing() {
    if (!succeeds(['go', 'version'])) return 'Go';
    return succeeds(['gcc', '--version']) ? null : 'gcc, which plugins are linked with';
  },
  async prepare(folder) {
    cpSync(APP, folder, { recursive: true });
    cpSync(join(TEMPLATE, 'croupier'), join(folder, 'croupier'), { recursive: true });
    await runCommand(['go', 'build', '-o', 'server', '.'], folder);
  },
  command: (folder) => [join(folder, 'server')],
  moduleFile: (name) => `functions/${name}/${name}.go`,
  greetingFile: 'functions/lib/greeting.go',
  programFile: 'main.go',
  failingStatement: 'func init() { panic("broken on purpose") }',
  emptyModule: (name) => `package ${name}\n\nconst Nothing = true\n`,
  furtherModule: (echo, name, functionId) =>
    echo.replace('package echo', `package ${name}`).replace('"echo"', `"${functionId}"`),
  invalidId: (functionId) => ({ from: `"${functionId}"`, to: '"not an id"' }),
  // A plugin's build takes one to two seconds.
  reloadMs: 3_000,
  reloads: askedReloads() ?? 20,
};
