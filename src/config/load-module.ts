import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ConfigFileError } from './load-error.js';
import { isRecord } from './record.js';

let imports = 0;

/** Imports a JavaScript configuration as it is on the disk now, past every cache. Its value: see unwrap. */
export async function loadJavaScript(file: string): Promise<unknown> {
  // A CommonJS module is kept by its file name, whatever the query says.
  const require = createRequire(file);
  delete require.cache[file];
  const url = pathToFileURL(file);
  url.searchParams.set('croupier', String(++imports));
  return evaluate(file, () => import(url.href));
}

/** The same for TypeScript, which jiti turns into JavaScript. */
export async function loadTypeScript(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(file, { moduleCache: false, fsCache: false });
  return evaluate(file, () => jiti.import(file));
}

async function evaluate(file: string, load: () => Promise<unknown>): Promise<unknown> {
  let exported: unknown;
  try {
    exported = unwrap(await load());
    if (typeof exported === 'function') exported = await exported();
  } catch (error) {
    throw await toFileError(file, error);
  }
  if (!isRecord(exported)) {
    throw new ConfigFileError('it must export an object as default, or a function that returns one');
  }
  return exported;
}

/** The default export; CommonJS made from ES modules has it one level deeper. */
function unwrap(module: unknown): unknown {
  if (!isRecord(module) || !('default' in module)) return undefined;
  const inner = module.default;
  return isRecord(inner) && inner.__esModule === true && 'default' in inner ? inner.default : inner;
}

/** What the module threw, and where in the file; without a stack. */
async function toFileError(file: string, error: unknown): Promise<ConfigFileError> {
  if (!(error instanceof Error)) return new ConfigFileError(`it threw ${String(error)}`);
  const firstLine = (error.message.split('\n')[0] ?? '').trim();
  const message = /^\w*Error: /.test(firstLine) ? firstLine : `${error.name}: ${firstLine}`;
  const position =
    findPosition(file, error) ?? (error instanceof SyntaxError ? await findSyntaxError(file) : null);
  return new ConfigFileError(message, position?.line ?? null, position?.column ?? null);
}

interface Position {
  readonly line: number;
  readonly column: number | null;
}

/** The place in the file that the error's message or stack names first. */
function findPosition(file: string, error: Error): Position | null {
  const inMessage = findMention(file, error.message);
  if (inMessage !== null) return inMessage;
  const inStack = findMention(file, error.stack ?? '');
  // What jiti makes of TypeScript keeps the lines of the file, but not the columns.
  return inStack !== null && /\.[cm]?ts$/.test(file) ? { ...inStack, column: null } : inStack;
}

function findMention(file: string, text: string): Position | null {
  for (const name of [pathToFileURL(file).href, file]) {
    const at = text.indexOf(name);
    if (at === -1) continue;
    const [, line, column] = /^(?:\?[^:\s]*)?:(\d+)(?::(\d+))?/.exec(text.slice(at + name.length)) ?? [];
    if (line !== undefined)
      return { line: Number(line), column: column === undefined ? null : Number(column) };
  }
  return null;
}

/** Node does not tell where an ES module cannot be parsed; jiti's parser leaves it in what it makes of the file. */
async function findSyntaxError(file: string): Promise<Position | null> {
  const { createJiti } = await import('jiti');
  const source = await readFile(file, 'utf8');
  const transformed = createJiti(file, { fsCache: false }).transform({ source, filename: file });
  const [, line, column] = /^exports\.__JITI_ERROR__ = .*"line":(\d+),"column":(\d+)/.exec(transformed) ?? [];
  return line === undefined ? null : { line: Number(line), column: Number(column) };
}
