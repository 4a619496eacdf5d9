import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { annotate } from '../check/annotations.js';
import { formatJson } from '../check/report-json.js';
import { type CheckReport, runCheck } from '../check/run-check.js';
import type { StepReport } from '../check/step.js';
import { supportsUnicode, wantsColor } from '../observe/color.js';
import { createStyle } from '../observe/style.js';
import { type CheckArguments, readCheckArguments } from './check-arguments.js';
import { formatEnd, formatStep } from './check-text.js';
import { printUserError } from './errors.js';
import type { CliIo } from './io.js';

/**
 * `croupier check`: answers the exit code: 0 everything passed, 1 a step failed, 2 usage or configuration, 3 environment, 128 + n a
 * signal.
 */
export async function checkCommand(args: CheckArguments, io: CliIo): Promise<number> {
  const request = readCheckArguments(args, io);
  if (!request.ok) return printUserError(request.error, io.stderr);
  const { options, plan, json, junit, color } = request.value;
  const style = createStyle({
    color: wantsColor({ flag: color, env: io.env, stream: io.stdout }),
    unicode: supportsUnicode(io.env),
  });
  const report = await runCheck(options, plan, io, (step, services) => {
    // Who leaves steps out knows which; what is skipped because of that is told.
    if (!json && plan.leftOut(step.step) === null) print(formatStep(step, services, style), io);
    printAnnotations(step, json, io);
  });
  print(json ? [formatJson(report).trimEnd()] : formatEnd(report, style), io);
  if (junit === null) return report.exitCode;
  const written = await writeJunit(junit, report);
  if (written === null) return report.exitCode;
  const exitCode = printUserError({ exitCode: 3, message: `cannot write ${junit}: ${written}` }, io.stderr);
  return report.exitCode === 0 ? exitCode : report.exitCode;
}

/** What GitHub Actions shows beside the sources. With `--json` stdout is one object, and the runner reads stderr as well. */
function printAnnotations(step: StepReport, json: boolean, io: CliIo): void {
  if (io.env.GITHUB_ACTIONS !== 'true') return;
  const lines = annotate(step, io.env.GITHUB_WORKSPACE ?? io.cwd);
  const stream = json ? io.stderr : io.stdout;
  for (const line of lines) stream.write(`${line}\n`);
}

function print(lines: readonly string[], io: CliIo): void {
  io.stdout.write(`${lines.join('\n')}\n`);
}

/** Null: it is written; else why not. */
async function writeJunit(file: string, report: CheckReport): Promise<string | null> {
  // Only who asks for it pays for loading it.
  const { formatJunit } = await import('../check/report-junit.js');
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, formatJunit(report));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
