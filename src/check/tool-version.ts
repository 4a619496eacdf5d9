import type { Clock } from '../core/clock.js';
import { withoutSequences } from '../observe/printable.js';
import { runBuild } from '../process/build.js';

/** How tools are asked for their version; any other is not asked, since it might do something else. */
const VERSION_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  bun: ['--version'],
  bundle: ['--version'],
  cargo: ['--version'],
  cmake: ['--version'],
  composer: ['--version'],
  deno: ['--version'],
  dotnet: ['--version'],
  go: ['version'],
  java: ['-version'],
  make: ['--version'],
  mix: ['--version'],
  mvn: ['--version'],
  node: ['--version'],
  npm: ['--version'],
  npx: ['--version'],
  php: ['--version'],
  pnpm: ['--version'],
  poetry: ['--version'],
  python: ['--version'],
  python3: ['--version'],
  ruby: ['--version'],
  tsx: ['--version'],
  uv: ['--version'],
  uvicorn: ['--version'],
  yarn: ['--version'],
};

/** Starting a virtual machine on a busy computer takes its time, in ms. */
const PATIENCE_MS = 5000;
const LONGEST_VERSION = 60;

/** What a tool says about its version, one line; null: it is not asked, or says nothing in time. */
export async function readVersion(tool: {
  /** As the command has it. */
  readonly name: string;
  readonly file: string;
  /** Version managers choose by folder. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
}): Promise<string | null> {
  const { name, file, cwd, env, clock } = tool;
  const args = VERSION_ARGUMENTS[baseName(name)];
  if (args === undefined) return null;
  const command = { argv: [file, ...args], shell: false, display: name };
  const result = await runBuild({ command, cwd, env, timeoutMs: PATIENCE_MS, clock }).result;
  if (result.outcome !== 'succeeded') return null;
  const line = withoutSequences(result.output)
    .split('\n')
    .map((one) => one.trim())
    .find((one) => /\d/.test(one));
  return line === undefined ? null : line.slice(0, LONGEST_VERSION);
}

function baseName(word: string): string {
  return (word.split(/[\\/]/).at(-1) ?? word).replace(/\.(exe|cmd|bat)$/i, '');
}
