import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { REPOSITORY } from '../../support/dev-process.js';
import { askedReloads, type Language } from '../language.js';
import { hasPython, pythonWith } from './python-venv.js';

const APP = join(REPOSITORY, 'test', 'conformance', 'apps', 'python');
const TEMPLATE = join(REPOSITORY, 'templates', 'python');

let python = 'python3';

/** The Python SDK, as it is copied into projects by `croupier init`. */
export const PYTHON: Language = {
  name: 'python',
  findMissing: () => (hasPython() ? null : 'Python 3.10 or newer'),
  async prepare(folder) {
    python = await pythonWith(join(TEMPLATE, 'requirements.txt'));
    const filter = (path: string) => basename(path) !== '__pycache__';
    cpSync(APP, folder, { recursive: true, filter });
    cpSync(join(TEMPLATE, 'croupier'), join(folder, 'croupier'), { recursive: true, filter });
  },
  command: () => [python, 'server.py'],
  moduleFile: (name) => `functions/${name}.py`,
  greetingFile: 'functions/lib/greeting.py',
  programFile: 'server.py',
  failingStatement: 'raise RuntimeError("broken on purpose")',
  emptyModule: () => 'NOTHING = True\n',
  furtherModule: (echo, _name, functionId) => echo.replace('"echo"', `"${functionId}"`),
  invalidId: (functionId) => ({ from: `"${functionId}"`, to: '"not an id"' }),
  reloadMs: 1_000,
  reloads: askedReloads() ?? 100,
};
