import { join, resolve } from 'node:path';
import { displayPath } from '../config/load.js';
import { readPackageInfo } from '../config/package-info.js';
import { assertNever } from '../core/failure.js';
import type { UserError } from '../core/user-error.js';
import { findSdkCopies, findSdkCopyAbove, type SdkCopy } from '../scaffold/sdk-copies.js';
import { nameOf, SDK_FOLDER } from '../scaffold/sdk-language.js';
import { type UpdateFailure, updateSdk } from '../scaffold/update-sdk.js';
import { needsDecision } from '../scaffold/update-sdk-plan.js';
import { printUserError } from './errors.js';
import type { InitArguments } from './init-arguments.js';
import { describeUpdate } from './init-update-sdk-text.js';
import type { CliIo } from './io.js';

/**
 * `croupier init --update-sdk`: brings every copy of an SDK in and below a folder to this version. 0: they are; 1: files that the user
 * has changed are left to merge; 2: there is no copy, or it is newer; 3: it cannot be written.
 */
export async function updateSdkCommand(args: InitArguments, io: CliIo): Promise<number> {
  const { cwd, stdout, stderr } = io;
  const folder = resolve(cwd, args.dir ?? '.');
  const copies = await findCopies(folder);
  if (copies.length === 0) return printUserError(noCopy(displayPath(cwd, folder)), stderr);
  const { force, dryRun } = args;
  const { version } = readPackageInfo();
  let exitCode = 0;
  for (const copy of copies) {
    const updated = await updateSdk(copy, { version, force, dryRun });
    if (!updated.ok) {
      const shown = displayPath(cwd, join(copy.project, SDK_FOLDER));
      exitCode = Math.max(exitCode, printUserError(explainFailure(updated.error, copy, shown), stderr));
      continue;
    }
    stdout.write(describeUpdate(updated.value, { cwd, dryRun }));
    if (updated.value.changes.some(needsDecision)) exitCode = Math.max(exitCode, 1);
  }
  return exitCode;
}

/** Those in the folder and below; else that of the project that the folder is a part of. */
async function findCopies(folder: string): Promise<readonly SdkCopy[]> {
  const copies = await findSdkCopies(folder);
  if (copies.length > 0) return copies;
  const above = await findSdkCopyAbove(folder);
  return above === null ? [] : [above];
}

function noCopy(shown: string): UserError {
  return {
    exitCode: 2,
    message: `there is no copy of an SDK in ${shown}: no folder ${SDK_FOLDER} of the Go or the Python SDK`,
    wayOut: `Name the project's folder: croupier init <dir> --update-sdk. A new project with one: croupier init my-game --template go`,
  };
}

function explainFailure(failure: UpdateFailure, { language }: SdkCopy, shown: string): UserError {
  switch (failure.reason) {
    case 'newer':
      return {
        exitCode: 2,
        message: `${shown} holds the ${nameOf(language)} ${failure.version}, which is newer than this croupier (${readPackageInfo().version})`,
        wayOut: 'Install a newer croupier-cli, or go back to this version with --force.',
      };
    case 'not-written':
      return {
        exitCode: 3,
        message: `${shown} could not be written: ${failure.message}`,
        wayOut: 'Nothing was changed.',
      };
    default:
      return assertNever(failure);
  }
}
