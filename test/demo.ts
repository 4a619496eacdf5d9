import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run demo`: a copy of the Node template in a temporary folder, under the `croupier dev` of this checkout. What stands behind
 * `--` goes to `croupier dev`.
 */
const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const croupier = join(repository, 'bin', 'croupier.js');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-demo-')));

cpSync(join(repository, 'templates', 'node'), folder, { recursive: true });
mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
// The package of this checkout, as `npm install` would put it there.
symlinkSync(repository, join(folder, 'node_modules', 'croupier-cli'), 'junction');
symlinkSync(croupier, join(folder, 'node_modules', '.bin', 'croupier'));

process.stdout.write(`
A game server in ${folder}

  In a second terminal:   cd ${folder}
    edit functions/player.js and save: the running server is swapped, no call is lost
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
