import { describe, expect, test } from 'vitest';
import { planSteps } from '../../../src/check/plan.js';
import { STEP_NAMES } from '../../../src/check/step.js';

function taken(choice: { only?: string; skip?: string }): readonly string[] {
  const plan = planSteps({ ...choice, update: false });
  if (!plan.ok) throw new Error(plan.error.message);
  return STEP_NAMES.filter((step) => plan.value.leftOut(step) === null);
}

test('all steps are taken where nothing is said', () => {
  expect(taken({})).toEqual(STEP_NAMES);
});

test.each([
  ['config', ['config']],
  ['tools', ['config', 'tools']],
  ['ready', ['config', 'tools', 'ports', 'build', 'boot', 'ready']],
  [' calls , stop', ['config', 'tools', 'ports', 'build', 'boot', 'ready', 'calls', 'stop']],
])('--only %s takes what that needs as well', (only, steps) => {
  expect(taken({ only })).toEqual(steps);
});

test('--skip wins over --only, and what was left out says by which', () => {
  expect(taken({ only: 'ready', skip: 'tools,ports' })).toEqual(['config', 'build', 'boot', 'ready']);
  const plan = planSteps({ only: 'ready', skip: 'tools', update: false });
  if (!plan.ok) throw new Error(plan.error.message);
  expect(plan.value.leftOut('tools')).toBe('left out by --skip');
  expect(plan.value.leftOut('calls')).toBe('left out by --only');
});

describe('a choice that cannot be', () => {
  test.each([
    [{ only: 'regs' }, '--only names regs, which is no step', 'The steps are config,'],
    [{ only: 'cals' }, '--only names cals', 'Did you mean calls?'],
    [{ skip: ',' }, '--skip names no step', 'The steps are'],
    [{ skip: 'config' }, '--skip names config, which every other step needs', 'Leave it out'],
    [
      { skip: 'registrations', update: true },
      '--update is the work of the step registrations',
      'Take that step',
    ],
    [{ only: 'calls', update: true }, 'left out by --only', 'Take that step'],
  ])('%j is a usage error', (choice, message, wayOut) => {
    expect(planSteps({ update: false, ...choice })).toMatchObject({
      ok: false,
      error: {
        exitCode: 2,
        message: expect.stringContaining(message),
        wayOut: expect.stringContaining(wayOut),
      },
    });
  });
});
