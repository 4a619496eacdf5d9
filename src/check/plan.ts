import { nearestName } from '../config/nearest-name.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { STEP_NAMES, type StepName } from './step.js';

interface Needs {
  /** Steps without which this one has nothing to look at: they have to have passed. */
  readonly passed: readonly StepName[];
  /** Steps that make this one pointless if they fail; that they were skipped is no matter. */
  readonly notFailed: readonly StepName[];
}

/** What each step needs of earlier ones. */
export const NEEDS: Readonly<Record<StepName, Needs>> = {
  config: { passed: [], notFailed: [] },
  tools: { passed: ['config'], notFailed: [] },
  ports: { passed: ['config'], notFailed: [] },
  build: { passed: ['config'], notFailed: ['tools'] },
  boot: { passed: ['config'], notFailed: ['tools', 'ports', 'build'] },
  ready: { passed: ['boot'], notFailed: [] },
  registrations: { passed: ['ready'], notFailed: [] },
  calls: { passed: ['ready'], notFailed: [] },
  reload: { passed: ['ready'], notFailed: [] },
  drain: { passed: ['ready'], notFailed: [] },
  stop: { passed: ['boot'], notFailed: [] },
};

/** Which steps are taken. */
export interface Plan {
  /** Why a step is left out; null: it is taken. */
  leftOut(step: StepName): string | null;
}

export interface StepChoice {
  /** The value of `--only`, `a,b`; undefined: all. */
  readonly only?: string | undefined;
  /** The value of `--skip`, `a,b`. */
  readonly skip?: string | undefined;
  /** `--update`: the step that writes the snapshot must not be left out. */
  readonly update: boolean;
}

/** Reads `--only` and `--skip`. With `--only` the steps that the named ones need are taken as well. */
export function planSteps({ only, skip, update }: StepChoice): Result<Plan, UserError> {
  const wanted = readNames('--only', only);
  if (!wanted.ok) return wanted;
  const unwanted = readNames('--skip', skip);
  if (!unwanted.ok) return unwanted;
  if (unwanted.value?.includes('config') === true) {
    return err(usage('--skip names config, which every other step needs', 'Leave it out of --skip.'));
  }
  const taken = wanted.value === null ? null : withNeeds(wanted.value);
  const plan: Plan = {
    leftOut: (step) => {
      if (unwanted.value?.includes(step) === true) return 'left out by --skip';
      return taken === null || taken.has(step) ? null : 'left out by --only';
    },
  };
  const why = plan.leftOut('registrations');
  if (update && why !== null) {
    return err(
      usage(`--update is the work of the step registrations, which is ${why}`, 'Take that step as well.'),
    );
  }
  return ok(plan);
}

function readNames(
  flag: '--only' | '--skip',
  text: string | undefined,
): Result<readonly StepName[] | null, UserError> {
  if (text === undefined) return ok(null);
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const names: StepName[] = [];
  for (const word of words) {
    const name = STEP_NAMES.find((one) => one === word);
    if (name === undefined) {
      const nearest = nearestName(word, STEP_NAMES);
      const meant = nearest === null ? '' : `Did you mean ${nearest}? `;
      return err(
        usage(`${flag} names ${word}, which is no step`, `${meant}The steps are ${STEP_NAMES.join(', ')}.`),
      );
    }
    names.push(name);
  }
  if (names.length === 0)
    return err(usage(`${flag} names no step`, `The steps are ${STEP_NAMES.join(', ')}.`));
  return ok(names);
}

function withNeeds(names: readonly StepName[]): ReadonlySet<StepName> {
  const all = new Set<StepName>();
  const add = (step: StepName): void => {
    if (all.has(step)) return;
    all.add(step);
    for (const need of [...NEEDS[step].passed, ...NEEDS[step].notFailed]) add(need);
  };
  for (const name of names) add(name);
  return all;
}

function usage(message: string, wayOut: string): UserError {
  return { exitCode: 2, message, wayOut };
}
