import { homedir } from 'node:os';
import type { DoctorReport } from '../doctor/doctor.js';
import type { Finding, FindingLevel } from '../doctor/types.js';
import { printable } from '../observe/printable.js';
import type { Style } from '../observe/style.js';
import { wrapText } from './wrap-text.js';

/** Lines fit terminals of this width. */
const WIDTH = 80;
/** Under the title, which stands behind its symbol. */
const INDENT = '    ';

/** The report for people. */
export function describeReport({ version, root, counts, findings }: DoctorReport, style: Style): string {
  const lines = [
    style.bold(`croupier ${version}, project ${shorten(root)}`),
    '',
    ...findings.flatMap((finding) => describeFinding(finding, style)),
    '',
    summarize(counts),
  ];
  return `${lines.join('\n')}\n`;
}

function describeFinding({ level, title, details, remedies }: Finding, style: Style): readonly string[] {
  const [first = '', ...rest] = wrapText(printable(title), WIDTH - 2);
  const below = (text: string, mark: string): readonly string[] =>
    wrapText(printable(text), WIDTH - INDENT.length - mark.length).map(
      (line, index) => `${INDENT}${index === 0 ? mark : ' '.repeat(mark.length)}${line}`,
    );
  return [
    `${symbol(level, style)} ${level === 'problem' ? style.bold(first) : first}`,
    ...rest.map((line) => `  ${line}`),
    ...details.flatMap((text) => below(text, '')).map((line) => style.dim(line)),
    ...remedies.flatMap((text) => below(text, '> ')),
  ];
}

function symbol(level: FindingLevel, { symbols, green, cyan, yellow, red }: Style): string {
  const shown: Readonly<Record<FindingLevel, string>> = {
    ok: green(symbols.done),
    note: cyan(symbols.idle),
    warning: yellow(symbols.kept),
    problem: red(symbols.failed),
  };
  return shown[level];
}

function summarize(counts: DoctorReport['counts']): string {
  const said = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const parts = [
    said(counts.problem, 'problem'),
    said(counts.warning, 'warning'),
    said(counts.note, 'note'),
    `${counts.ok} ok`,
  ];
  return `${parts.join(', ')}.`;
}

function shorten(path: string): string {
  const home = homedir();
  return home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
