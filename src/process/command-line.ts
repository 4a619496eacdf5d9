import { basename } from 'node:path';
import { execa } from 'execa';
import { procIsReadable, readArguments } from './proc.js';

/** Longer command lines are cut, in characters. */
const LONGEST_COMMAND = 120;

const SECRET_NAME = /pass(word|wd|phrase)?|secret|token|credential|api-?key|auth/i;

/** A command as people would write it, such as `node server.js`: the program without its folder, cut, values of secrets left out. */
export function describeArguments(argv: readonly string[]): string {
  const [program, ...args] = argv;
  if (program === undefined) return '';
  const words = [basename(program)];
  let hidesNext = false;
  for (const arg of args) {
    const [name, value] = splitOption(arg);
    if (hidesNext && !arg.startsWith('-')) words.push('***');
    else if (value !== null && SECRET_NAME.test(name)) words.push(`${name}=***`);
    else words.push(arg.replaceAll(/(:\/\/[^/:@\s]*):[^/@\s]*@/g, '$1:***@'));
    hidesNext = value === null && arg.startsWith('-') && SECRET_NAME.test(arg);
  }
  const line = words.join(' ').replaceAll(/\s+/g, ' ');
  return line.length > LONGEST_COMMAND ? `${line.slice(0, LONGEST_COMMAND - 1)}…` : line;
}

/** What a process runs, for people; null when it is gone or may not be looked at. */
export async function commandOf(pid: number): Promise<string | null> {
  if (procIsReadable) {
    const argv = readArguments(pid);
    return argv === null || argv.length === 0 ? null : describeArguments(argv);
  }
  if (process.platform === 'win32') return null;
  const result = await execa('ps', ['-o', 'args=', '-p', String(pid)], { reject: false });
  const line = result.failed ? '' : result.stdout.trim();
  return line === '' ? null : describeArguments(line.split(/\s+/));
}

function splitOption(arg: string): [name: string, value: string | null] {
  const at = arg.indexOf('=');
  return at === -1 ? [arg, null] : [arg.slice(0, at), arg.slice(at + 1)];
}
