import type { CheckReport } from './run-check.js';
import type { StepReport } from './step.js';

/** The whole report as one JSON object: every step has the same fields, null where there is nothing to say. */
export function formatJson(report: CheckReport): string {
  const { result, exitCode, ms, root, services, steps } = report;
  return `${JSON.stringify({ result, exitCode, ms, root, services, steps: steps.map(toJson) }, null, 2)}\n`;
}

function toJson({ step, service, ms, outcome }: StepReport): object {
  const { result } = outcome;
  const isFailed = outcome.result === 'failed';
  return {
    step,
    service,
    result,
    ms,
    reason: outcome.result === 'passed' ? null : outcome.reason,
    wayOut: outcome.result === 'passed' ? null : outcome.wayOut,
    remarks: outcome.result === 'skipped' ? [] : outcome.remarks,
    output: isFailed ? outcome.output : [],
    position: isFailed ? outcome.position : null,
  };
}
