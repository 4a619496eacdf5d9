import { create } from 'xmlbuilder2';
import { withoutSequences } from '../observe/printable.js';
import type { CheckReport } from './run-check.js';
import type { StepReport } from './step.js';

/**
 * The report as JUnit XML, as Jenkins and Surefire have it: one test case for each step of each service. What has to be put right in the
 * environment or the configuration is an `error`, anything else that failed a `failure`. Times are seconds.
 */
export function formatJunit({ steps, ms }: CheckReport): string {
  const failed = steps.flatMap(({ outcome }) => (outcome.result === 'failed' ? [outcome] : []));
  const errors = failed.filter(({ exitCode }) => exitCode !== 1).length;
  const counts = { tests: steps.length, failures: failed.length - errors, errors };
  const root = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '' }).ele('testsuites', {
    name: 'croupier check',
    time: seconds(ms),
    ...counts,
  });
  const suite = root.ele('testsuite', {
    name: 'croupier check',
    time: seconds(ms),
    ...counts,
    skipped: steps.filter(({ outcome }) => outcome.result === 'skipped').length,
  });
  for (const report of steps) addCase(suite, report);
  return `${root.end({ prettyPrint: true })}\n`;
}

function addCase(suite: ReturnType<typeof create>, { step, service, ms, outcome }: StepReport): void {
  const classname = service === null ? 'croupier.check' : `croupier.check.${service}`;
  const testcase = suite.ele('testcase', { name: step, classname, time: seconds(ms) });
  if (outcome.result === 'skipped') {
    testcase.ele('skipped', { message: outcome.reason });
    return;
  }
  if (outcome.result === 'failed') {
    const { reason, wayOut, output, exitCode } = outcome;
    const [first = ''] = reason.split('\n');
    const text = [reason, ...(wayOut === null ? [] : [wayOut]), ...output.map(withoutSequences)].join('\n');
    testcase.ele(exitCode === 1 ? 'failure' : 'error', { message: first, type: step }).txt(text);
  }
  const told = outcome.remarks.map(({ level, text }) => (level === 'warn' ? `warning: ${text}` : text));
  if (told.length > 0) testcase.ele('system-out').txt(told.join('\n'));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
