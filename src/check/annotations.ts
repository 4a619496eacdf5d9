import { isAbsolute, relative } from 'node:path';
import { withoutSequences } from '../observe/printable.js';
import type { FilePosition, StepReport } from './step.js';

/** Lines of output that an annotation shows. */
const SHOWN_OUTPUT = 10;

/**
 * A step as commands for GitHub Actions, one a line: an error for what failed, warnings for what it warned of; none otherwise. `workspace`:
 * the folder that file names are relative to, absolute.
 */
export function annotate({ step, service, outcome }: StepReport, workspace: string): readonly string[] {
  if (outcome.result === 'skipped') return [];
  const title = service === null ? `croupier check: ${step}` : `croupier check: ${step} of ${service}`;
  const warnings = outcome.remarks
    .filter(({ level }) => level === 'warn')
    .map(({ text }) => command('warning', { title }, text));
  if (outcome.result === 'passed') return warnings;
  const { reason, wayOut, output, position } = outcome;
  const text = [reason, ...(wayOut === null ? [] : [wayOut]), ...output.slice(-SHOWN_OUTPUT)].join('\n');
  return [command('error', { ...place(position, workspace), title }, withoutSequences(text)), ...warnings];
}

function place(position: FilePosition | null, workspace: string): Record<string, string> {
  if (position === null) return {};
  const { file, line, column } = position;
  const below = relative(workspace, file);
  if (below.startsWith('..') || isAbsolute(below)) return {};
  return {
    file: below.replaceAll('\\', '/'),
    ...(line !== null && { line: String(line) }),
    ...(column !== null && { col: String(column) }),
  };
}

function command(
  name: 'error' | 'warning',
  properties: Readonly<Record<string, string>>,
  text: string,
): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name} ${list.join(',')}::${escapeText(text)}`;
}

/** As the runner takes it apart: what would end the line, or look like an escape. */
function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
