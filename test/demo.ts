import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run demo`: a project of the Node template in a temporary folder, under the `croupier dev` of this checkout. What stands behind
 * `--` goes to `croupier dev`.
 */
const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const croupier = join(repository, 'bin', 'croupier.js');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-demo-')));

execFileSync(process.execPath, [croupier, 'init', folder, '--template', 'node', '--name', 'demo', '--yes'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
// The package of this checkout and what runs TypeScript, as `npm install` would put them there.
symlinkSync(repository, join(folder, 'node_modules', 'croupier-cli'), 'junction');
symlinkSync(join(repository, 'node_modules', 'tsx'), join(folder, 'node_modules', 'tsx'), 'junction');
symlinkSync(croupier, join(folder, 'node_modules', '.bin', 'croupier'));

process.stdout.write(`
A game server in ${folder}

  In a second terminal:   cd ${folder}
    edit functions/player.ts and save: the running server takes it over, no call is lost
    npx croupier invoke player.ban '{"playerId":"1","reason":"cheating"}'
    npx croupier invoke season.recalculate --job

  q or Ctrl-C ends it, and deletes the folder.

`);

const child = spawn(process.execPath, [croupier, 'dev', ...process.argv.slice(2)], {
  cwd: folder,
  stdio: 'inherit',
});
// Ctrl-C reaches the child as well; we wait for it, and clean up after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
