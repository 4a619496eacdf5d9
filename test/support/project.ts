import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { REPOSITORY } from './dev-process.js';

/** A project in a temporary folder, as a user would have it: with `croupier-cli` in its `node_modules`. */
export class Project {
  readonly folder: string;

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-test-')));
    mkdirSync(join(this.folder, '.git'));
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(REPOSITORY, join(this.folder, 'node_modules', 'croupier-cli'), 'dir');
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  config(config: object): void {
    this.write('croupier.config.json', JSON.stringify(config, null, 2));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Source text that a test adds to the game server. */
export interface ServerParts {
  /** Options of `createService` beside the id, such as `listen: '127.0.0.1:0'`. */
  readonly options?: string;
  /** Statements before the service connects: further functions, a delay, a crash. */
  readonly beforeConnect?: string;
}

/**
 * A game server on the SDK. `echo` answers after `delay` ms with who ran it; each run is also appended to `EXECUTIONS`, so that a
 * call which ran twice is seen. `version` is what a save changes. `await passed(name)`, which `echo` and `count` do for the
 * `barrier` of their payload, prints `at <name>` and waits until there is a file of that name in the folder `BARRIERS`.
 */
export function gameServer(version: string, parts: ServerParts = {}): string {
  return `import { appendFileSync, existsSync } from 'node:fs';
import { createService } from 'croupier-cli/sdk';

const generation = Number(process.env.CROUPIER_GENERATION);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const passed = async (name) => {
  console.log('at ' + name);
  while (!existsSync(process.env.BARRIERS + '/' + name)) await sleep(5);
};
const service = createService({ serviceId: 'game', ${parts.options ?? ''} });
service.registerFunction({ id: 'echo', version: '1.0.0' }, async ({ id, delay = 0, barrier }) => {
  if (process.env.EXECUTIONS) appendFileSync(process.env.EXECUTIONS, id + ' ' + generation + '\\n');
  if (barrier) await passed(barrier);
  await sleep(delay);
  return { id, generation, version: ${JSON.stringify(version)}, pid: process.pid };
});
service.registerJob({ id: 'count', version: '1.0.0' }, async ({ steps, pause, barrier }, job) => {
  if (barrier) await passed(barrier);
  for (let step = 1; step <= steps; step++) {
    await sleep(pause);
    if (job.signal.aborted) throw new Error('aborted');
    job.progress(Math.round((step / steps) * 100), 'step ' + step);
  }
  return { generation, steps };
});
${parts.beforeConnect ?? ''}
await service.connect();
`;
}
