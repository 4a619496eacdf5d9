import { supportsUnicode, wantsColor } from '../observe/color.js';
import { about } from './finding.js';
import type { Examination, Finding, Terminal } from './types.js';

/** What the output of `croupier dev` would look like here, and which keys work. */
export const terminal: Examination = {
  topic: 'terminal',
  run: async (surroundings) => [describe(surroundings.terminal, surroundings.env)],
};

function describe(streams: Terminal, env: NodeJS.ProcessEnv): Finding {
  const { ok, note } = about('terminal');
  const color = wantsColor({ flag: undefined, env, stream: { isTTY: streams.stderr } });
  const reasons = ['NO_COLOR', 'FORCE_COLOR', 'TERM', 'CI'].flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [`${name}=${value}`];
  });
  const details = [
    `${color ? 'With' : 'Without'} colours${supportsUnicode(env) ? '' : ', in plain ASCII'}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}.`,
  ];
  const isAutomated = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  if (!streams.stderr || isAutomated) {
    const why = isAutomated ? 'CI is set' : 'stderr is no terminal';
    return note(`plain lines instead of a status line: ${why}`, { details });
  }
  const width = streams.columns === null ? '' : `, ${streams.columns} columns wide`;
  if (!streams.stdin) {
    return note(`a terminal${width}, but stdin is none: the keys are off`, { details });
  }
  return ok(`a terminal${width}: a status line and keys`, { details });
}
