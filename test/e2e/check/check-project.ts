import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { type Finished, processesWith, runCroupier, until } from '../../support/dev-process.js';
import { Project } from '../../support/project.js';

export interface ToldStep {
  readonly step: string;
  readonly service: string | null;
  readonly result: string;
  readonly ms: number;
  readonly reason: string | null;
  readonly wayOut: string | null;
  readonly output: readonly string[];
  readonly remarks: readonly { readonly level: string; readonly text: string }[];
  readonly position: { readonly file: string; readonly line: number | null } | null;
}

/** What `croupier check --json` said. */
export interface Told {
  readonly result: string;
  readonly exitCode: number;
  readonly steps: readonly ToldStep[];
}

/** A project that is checked. `close` fails if a process of it is left, or a file of the check. */
export class CheckedProject {
  readonly project = new Project({ 'package.json': '{ "type": "module" }' });

  /** `node server.js`, and what the test adds. */
  config(config: object): void {
    this.project.config({ service: 'game', command: 'node server.js', ...config });
  }

  server(source: string): void {
    this.project.write('server.js', source);
  }

  get environment(): NodeJS.ProcessEnv {
    return { TEST_PROJECT: this.project.folder };
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return runCroupier(this.project.folder, ['check', ...args], { ...this.environment, ...env });
  }

  async check(args: readonly string[] = []): Promise<Told & { readonly code: number | null }> {
    const { code, stdout, stderr } = await this.run(['--json', ...args]);
    expect(stderr).toBe('');
    const told: Told = JSON.parse(stdout);
    expect(told.exitCode).toBe(code);
    return { ...told, code };
  }

  async close(): Promise<void> {
    await until(
      'every process of the project is gone',
      () => processesWith(this.project.folder).length === 0,
    );
    const left = readdirSync(this.project.folder, { recursive: true }).filter((name) =>
      /[\\/]check-\d/.test(String(name)),
    );
    this.project.remove();
    expect(left).toEqual([]);
  }
}

/** The first step that failed; there must be one. */
export function firstFailure({ steps }: Told): ToldStep {
  const failure = steps.find(({ result }) => result === 'failed');
  if (failure === undefined) throw new Error(`nothing failed: ${JSON.stringify(steps, null, 2)}`);
  return failure;
}

/** A game server with one function; statements may be added before it connects. */
export function echoServer(beforeConnect = '', answer = '{ id, generation }'): string {
  return `import { createService } from 'croupier-cli/sdk';
const generation = Number(process.env.CROUPIER_GENERATION);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const service = createService({ serviceId: 'game' });
const inputSchema = { type: 'object', properties: { id: { type: 'string' } } };
service.registerFunction({ id: 'echo', version: '1.0.0', inputSchema }, async ({ id, delay = 0 }) => {
  await sleep(delay);
  return ${answer};
});
${beforeConnect}
await service.connect();
`;
}

/** Calls `echo`. */
export function echoCall(call: object = {}): object {
  return { function: 'echo', payload: { id: 'a', delay: 20 }, expect: { id: 'a' }, ...call };
}
