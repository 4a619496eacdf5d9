import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { resolveConfig } from '../../../src/config/resolve.js';
import type { Examination, Finding, Surroundings } from '../../../src/doctor/types.js';

const TERMINAL = { stdin: true, stdout: true, stderr: true, columns: 100 };

/** A project in a temporary folder, and what an examination finds in it. */
export class Patient {
  readonly folder: string;

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-doctor-')));
    mkdirSync(join(this.folder, '.git'));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  configure(config: object): void {
    this.write('croupier.config.json', JSON.stringify(config));
  }

  async surroundings(change: Partial<Surroundings> = {}): Promise<Surroundings> {
    const env = change.env ?? { PATH: process.env.PATH };
    const config = await resolveConfig({ cwd: this.folder, env, flags: {} });
    const project = { cwd: this.folder, root: this.folder, config };
    return { project, env, terminal: TERMINAL, version: '1.2.3', ...change };
  }

  async examine(examination: Examination, change: Partial<Surroundings> = {}): Promise<readonly Finding[]> {
    return examination.run(await this.surroundings(change), new AbortController().signal);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Findings as `level: title`. */
export function told(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ level, title }) => `${level}: ${title}`);
}
