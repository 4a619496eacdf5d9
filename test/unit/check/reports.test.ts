import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { annotate } from '../../../src/check/annotations.js';
import { formatJson } from '../../../src/check/report-json.js';
import { formatJunit } from '../../../src/check/report-junit.js';
import type { CheckReport } from '../../../src/check/run-check.js';
import { failed, passed, type StepReport, skipped, warning } from '../../../src/check/step.js';
import { formatEnd, formatStep } from '../../../src/cli/check-text.js';
import { textWidth } from '../../../src/observe/printable.js';
import { createStyle } from '../../../src/observe/style.js';

const CONFIG: StepReport = { step: 'config', service: null, ms: 12, outcome: passed('croupier.config.json') };

const PORTS: StepReport = {
  step: 'ports',
  service: null,
  ms: 3,
  outcome: passed(
    warning('port 8000 (proxy) is taken by node other.js (pid 4711); the check takes a free one'),
  ),
};

const TOOLS: StepReport = {
  step: 'tools',
  service: 'lobby',
  ms: 1,
  outcome: failed('cargo (build.command) is not installed', { wayOut: 'Install cargo.', exitCode: 3 }),
};

const CALLS: StepReport = {
  step: 'calls',
  service: 'game',
  ms: 1234,
  outcome: failed('player.ban: result is "50%", expected <ok> & "more"\nsecond line', {
    wayOut: 'Correct the function, or its entry in "check.invoke".',
    output: ['\u001b[31mred\u001b[0m', 'bell \u0007 and ]]> end', '\ud83d alone'],
    position: { file: '/work space/app/src/ban.ts', line: 3, column: 7 },
    remarks: [{ level: 'info', text: 'world.get answered in 3 ms' }],
  }),
};

const RELOAD: StepReport = {
  step: 'reload',
  service: 'game',
  ms: 0,
  outcome: skipped('needs ready, which failed'),
};

const REPORT: CheckReport = {
  result: 'failed',
  exitCode: 3,
  ms: 4321,
  root: '/work space/app',
  services: ['game', 'lobby'],
  steps: [CONFIG, TOOLS, PORTS, CALLS, RELOAD],
};

describe('JUnit', () => {
  const schema = readFileSync(new URL('junit.xsd', import.meta.url), 'utf8');
  const validate = async (contents: string) =>
    validateXML({ xml: [{ fileName: 'check.xml', contents }], schema: [schema] });

  test('the file is valid, whatever a child printed', async () => {
    const { valid, errors } = await validate(formatJunit(REPORT));
    expect(errors).toEqual([]);
    expect(valid).toBe(true);
    expect((await validate(formatJunit({ ...REPORT, steps: [] }))).valid).toBe(true);
    // The schema refuses what readers could not make sense of.
    expect((await validate(formatJunit(REPORT).replace('classname=', 'class='))).valid).toBe(false);
  });

  test('tells steps as cases, and the environment from a failure', () => {
    const xml = formatJunit(REPORT);
    expect(xml).toContain('tests="5" failures="1" errors="1" skipped="1"');
    expect(xml).toContain('<testcase name="config" classname="croupier.check" time="0.012">');
    expect(xml).toContain('<error message="cargo (build.command) is not installed" type="tools">');
    expect(xml).toContain('<testcase name="calls" classname="croupier.check.game" time="1.234">');
    expect(xml).toContain('<failure message="player.ban: result is &quot;50%&quot;, expected &lt;ok&gt;');
    expect(xml).toContain('<skipped message="needs ready, which failed"/>');
    expect(xml).toContain('warning: port 8000');
    expect(controlCharacters(xml)).toEqual([]);
  });
});

test('JSON has the same fields for every step', () => {
  const told = JSON.parse(formatJson(REPORT));
  expect(told).toMatchObject({ result: 'failed', exitCode: 3, ms: 4321, services: ['game', 'lobby'] });
  const keys = ['step', 'service', 'result', 'ms', 'reason', 'wayOut', 'remarks', 'output', 'position'];
  for (const step of told.steps) expect(Object.keys(step)).toEqual(keys);
  expect(told.steps[4]).toMatchObject({ result: 'skipped', reason: 'needs ready, which failed', output: [] });
});

describe('annotations', () => {
  test('name file, line and column from the workspace, and escape what would end them', () => {
    expect(annotate(CALLS, '/work space')).toEqual([
      '::error file=app/src/ban.ts,line=3,col=7,title=croupier check%3A calls of game::player.ban: result is "50%25", expected <ok> & "more"%0Asecond line%0ACorrect the function, or its entry in "check.invoke".%0Ared%0Abell \u0007 and ]]> end%0A\ud83d alone',
    ]);
  });

  test('of a file elsewhere name none; commas and colons of a property are escaped', () => {
    const [line] = annotate({ ...CALLS, service: 'a,b:c' }, '/elsewhere');
    expect(line).toMatch(/^::error title=croupier check%3A calls of a%2Cb%3Ac::player\.ban/);
  });

  test('are warnings where a step warns, and none otherwise', () => {
    expect(annotate(PORTS, '/')).toEqual([
      expect.stringMatching(/^::warning title=croupier check%3A ports::port 8000/),
    ]);
    expect(annotate(CONFIG, '/')).toEqual([]);
    expect(annotate(RELOAD, '/')).toEqual([]);
  });
});

describe('text', () => {
  const style = createStyle({ color: false, unicode: true });
  const lines = (report: StepReport, services = REPORT.services) => formatStep(report, services, style);

  test('a line for a step, and what does not fit below it', () => {
    expect(lines(CONFIG, ['game'])).toEqual(['✔ config            12 ms  croupier.config.json']);
    expect(lines(PORTS)).toEqual([
      '✔ ports                     3 ms',
      '    warning port 8000 (proxy) is taken by node other.js (pid 4711); the check',
      '            takes a free one',
    ]);
    expect(lines(RELOAD)).toEqual(['○ reload         game          -  needs ready, which failed']);
  });

  test('a failure with its reason, its way out, and the output in a frame', () => {
    expect(lines(CALLS)).toEqual([
      '✘ calls          game      1.2 s',
      '    player.ban: result is "50%", expected <ok> & "more"',
      '    second line',
      '    hint Correct the function, or its entry in "check.invoke".',
      '    world.get answered in 3 ms',
      '    │ \u001b[31mred\u001b[0m\u001b[0m',
      '    │ bell  and ]]> end',
      '    │ \ud83d alone',
    ]);
  });

  test('our own lines fit eighty columns', () => {
    const long = 'a word and another one '.repeat(20);
    const outcome = failed(long, { wayOut: long, remarks: [warning(long), { level: 'info', text: long }] });
    for (const line of lines({ ...CALLS, outcome })) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  test('what somebody else said cannot move the cursor', () => {
    const told = lines({ ...CALLS, outcome: failed('\u001b[2Jgone\u0007') });
    expect(controlCharacters(told.join('\n'))).toEqual([]);
  });

  test('the end', () => {
    expect(formatEnd(REPORT, style)).toEqual(['', 'failed in 4.3 s: tools, calls']);
    expect(formatEnd({ ...REPORT, result: 'passed' }, style)).toEqual(['', 'passed in 4.3 s']);
    expect(formatEnd({ ...REPORT, result: 'interrupted' }, style)).toEqual(['', 'interrupted after 4.3 s']);
  });
});

/** Those that neither XML nor a terminal line may hold; line ends are fine. */
function controlCharacters(text: string): readonly string[] {
  return [...text].filter((one) => one < ' ' && one !== '\n');
}
