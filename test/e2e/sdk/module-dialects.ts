import type { ModuleAppOptions } from './module-app.js';
import { TSX } from './running.js';

/** How the modules of an app are written, and what runs it. */
export interface Dialect {
  readonly name: string;
  readonly extension: 'mjs' | 'cjs' | 'ts';
  /** `type` of package.json; null: it says nothing. */
  readonly packageType: 'module' | null;
}

export const DIALECTS: readonly Dialect[] = [
  { name: 'ES modules', extension: 'mjs', packageType: null },
  { name: 'CommonJS', extension: 'cjs', packageType: null },
  { name: 'TypeScript by tsx', extension: 'ts', packageType: 'module' },
  { name: 'TypeScript by tsx, as CommonJS', extension: 'ts', packageType: null },
];

/** Each file counts how often it was loaded in this process, so that it shows who is loaded again, and who is not. */
const FILES: Readonly<Record<string, string>> = {
  'functions/a': `import { defineFunction } from 'croupier-cli/sdk';
import { greet } from './lib/greeting.EXT';
export default (context) => defineFunction({ id: 'a' }, () => ({ text: 'a1 ' + greet(), calls: ++context.calls }));`,

  'functions/b': `import { defineFunction } from 'croupier-cli/sdk';
import { greet } from './lib/greeting.EXT';
import { table } from '../shared/table.EXT';
export default [defineFunction({ id: 'b' }, () => greet() + ' ' + table)];`,

  'functions/c': `import { defineFunction } from 'croupier-cli/sdk';
export default defineFunction({ id: 'c' }, () => 'c1');`,

  'functions/uses-store': `import { defineFunction } from 'croupier-cli/sdk';
import { store } from '../store.EXT';
export default defineFunction({ id: 'store' }, () => store.calls);`,

  'functions/lib/greeting': `export const greet = () => 'hello1';`,
  'shared/table': `export const table = 'table1';`,
  store: `export const store = { calls: 0 };`,

  server: `import { createService } from 'croupier-cli/sdk';
import { store } from './store.EXT';
const service = createService({ serviceId: 'game', functions: 'functions', context: store });
service.registerFunction({ id: 'loads' }, () => globalThis.loads);
service.connect().then(() => console.log('ready ' + service.address));`,
};

/**
 * An app with the functions `a` and `b`, which import a greeting, `b` and a table from outside of the folder, `c` alone, and `store`,
 * which shares a file with the app itself.
 */
export function appIn({ extension, packageType }: Dialect): ModuleAppOptions {
  const files = Object.entries(FILES).map(([name, text]) => {
    const counting = `globalThis.loads ??= {};\nglobalThis.loads['${name}'] = (globalThis.loads['${name}'] ?? 0) + 1;`;
    const script = `${text}\n${counting}\n`.replaceAll('EXT', extension);
    return [`${name}.${extension}`, write(script, extension)];
  });
  return {
    files: {
      ...Object.fromEntries(files),
      'package.json': JSON.stringify(packageType === null ? {} : { type: packageType }),
    },
    args: [...(extension === 'ts' ? ['--import', TSX] : []), `server.${extension}`],
  };
}

function write(script: string, extension: Dialect['extension']): string {
  switch (extension) {
    case 'mjs':
      return script;
    case 'ts':
      return `${script}export type OnlyATranspilerTakesThis = string;\n`;
    case 'cjs':
      return script
        .replaceAll(/import (\{[^}]*\}) from ('[^']*');/g, 'const $1 = require($2);')
        .replace('export default', 'module.exports =')
        .replaceAll(/export const (\w+)/g, 'exports.$1');
  }
}
