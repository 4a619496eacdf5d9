import { userInfo } from 'node:os';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { displayPath } from '../config/load.js';
import { readPackageInfo } from '../config/package-info.js';
import { resolveConfig } from '../config/resolve.js';
import type { SessionConfig } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import { renderDeploy } from '../scaffold/deploy.js';
import { type DeployTarget, deployFacts } from '../scaffold/deploy-facts.js';
import { planWrites } from '../scaffold/plan.js';
import { lookUp } from '../scaffold/target-folder.js';
import { printUserError } from './errors.js';
import type { InitArguments } from './init-arguments.js';
import { writePrepared } from './init-write.js';
import type { CliIo } from './io.js';

const CROUPIER = fileURLToPath(new URL('../../bin/croupier.js', import.meta.url));

/** `croupier init --deploy`: the files that run the project of a folder somewhere else, made of its configuration. */
export async function deployCommand(target: DeployTarget, args: InitArguments, io: CliIo): Promise<number> {
  const folder = resolve(io.cwd, args.dir ?? '.');
  const config = await resolveConfig({ cwd: folder, env: io.env, flags: {}, profile: 'run' });
  if (!config.ok) return printUserError(config.error, io.stderr);
  const { root } = config.value;
  const facts = deployFacts(config.value, { basename: basename(root) });
  const files = await renderDeploy(target, facts, {
    croupierVersion: readPackageInfo().version,
    program: [process.execPath, CROUPIER],
    user: userInfo().username,
  });
  const { force, dryRun } = args;
  const plan = planWrites(files, await lookUp(root, files), { force, isKept: () => false });
  const notes = notesOn(target, config.value);
  const written = await writePrepared(root, { plan, notes }, { cwd: io.cwd, dryRun });
  if (!written.ok) return printUserError(written.error, io.stderr);
  const verb = dryRun ? 'Would write' : 'Wrote';
  const shown = displayPath(io.cwd, root);
  const lines = [
    `${verb}, for ${facts.name} in ${shown}:`,
    ...written.value.paths.map((path) => `  ${path}`),
    ...notes,
    'How they are used stands at the head of each.',
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

/** What has to be known about a configuration that was written for one machine. */
function notesOn(target: DeployTarget, { services, upstream, file }: SessionConfig): readonly string[] {
  switch (target) {
    case 'systemd':
      return [];
    case 'k8s': {
      const unreached = services.some(({ proxy }) => proxy.some(({ host }) => host.startsWith('127.')));
      return [
        ...(unreached
          ? [
              'A port of "proxy" listens on 127.0.0.1, where no other pod reaches it: "listen": "0.0.0.0:8000".',
            ]
          : []),
        ...(upstream.kind === 'none' || upstream.kind === 'probe'
          ? ['No "upstream" is configured: the functions are reached from within the pod alone.']
          : []),
        ...(file === null
          ? ['Nothing is configured: what was detected here is written down as the command.']
          : []),
      ];
    }
    default:
      return assertNever(target);
  }
}
