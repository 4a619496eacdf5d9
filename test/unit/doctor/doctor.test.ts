import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { describeReport } from '../../../src/cli/doctor-text.js';
import { wrapText } from '../../../src/cli/wrap-text.js';
import { runExaminations } from '../../../src/doctor/doctor.js';
import { EXAMINATIONS } from '../../../src/doctor/examinations.js';
import { about } from '../../../src/doctor/finding.js';
import type { Examination, Finding } from '../../../src/doctor/types.js';
import { createStyle } from '../../../src/observe/style.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Patient, told } from './surroundings.js';

const examination = (topic: Examination['topic'], run: Examination['run']): Examination => ({ topic, run });

describe('the examinations', () => {
  it('are told in their order, whichever ends first, and one that hangs or breaks keeps no other away', async () => {
    const clock = new VirtualClock();
    const patient = new Patient();
    let isAborted = false;
    const examinations = [
      examination('node', (_, signal) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
        });
        return new Promise(() => {});
      }),
      examination('tools', () => Promise.reject(new Error('what a strange machine'))),
      examination('ports', async () => {
        await setTimeout(1);
        return [about('ports').ok('port 1 is free')];
      }),
      examination('sdk', async () => []),
    ];
    const finished = runExaminations(examinations, await patient.surroundings(), clock);
    patient.remove();
    await setTimeout(20);
    await clock.advance(1_999);
    expect(isAborted).toBe(false);
    await clock.advance(1);
    expect(isAborted).toBe(true);
    const findings = await finished;
    expect(told(findings)).toEqual([
      'warning: this was not found out within 2000 ms',
      'warning: this could not be found out',
      'ok: port 1 is free',
    ]);
    expect(findings[1]?.details).toEqual(['what a strange machine']);
    expect(clock.pending).toBe(0);
  });

  it('look at each topic once', () => {
    const topics = EXAMINATIONS.map(({ topic }) => topic);
    expect(new Set(topics).size).toBe(topics.length);
  });
});

describe('the report', () => {
  const report = (...findings: Finding[]) => ({
    version: '1.2.3',
    root: '/srv/poker',
    counts: { ok: 1, note: 2, warning: 1, problem: 0 },
    findings,
  });
  const style = createStyle({ color: false, unicode: true });
  const long = 'a sentence that goes on and on '.repeat(6);

  it('fits 80 columns', () => {
    const { ok, warning } = about('ports');
    const text = describeReport(
      report(ok(long), warning(long, { details: [long], remedies: [long] })),
      style,
    );
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(text).toContain('▲ a sentence');
    expect(text).toContain('    > a sentence');
    expect(text).toContain('0 problems, 1 warning, 2 notes, 1 ok.');
  });

  it('lets nothing from outside move the cursor', () => {
    const text = describeReport(report(about('ports').ok('taken by \u001b[2Jevil\r')), style);
    expect(text).toContain('✔ taken by evil');
    expect(text).not.toContain('\u001b');
  });

  it('keeps what cannot be broken in one line', () => {
    const path = `/${'x'.repeat(90)}`;
    expect(wrapText(`see ${path} there`, 20)).toEqual(['see', path, 'there']);
    expect(wrapText('', 20)).toEqual([]);
  });
});
