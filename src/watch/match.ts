import type { WatchRule } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import { PatternSet } from './patterns.js';
import type { ChangeBatch } from './types.js';

interface CompiledRule {
  readonly rule: WatchRule;
  readonly patterns: PatternSet;
}

/** Rules ready to be asked, in the order of the configuration. */
export type CompiledRules = readonly CompiledRule[];

export function compileRules(rules: readonly WatchRule[]): CompiledRules {
  return rules.map((rule) => ({ rule, patterns: new PatternSet([rule.match]) }));
}

/** The first rule that matches a path relative to the service's folder. */
export function firstMatch(path: string, rules: CompiledRules): WatchRule | null {
  return rules.find(({ patterns }) => patterns.test(path) === 'ignored')?.rule ?? null;
}

const STRENGTH = { none: 0, hot: 1, restart: 2, rebuild: 3 } as const;

/** Stands in a batch for the rule that no configuration has: the process said itself what it can load again. */
export const HOT_PATHS_RULE = 'hot paths';

/**
 * What a set of changed files asks for. Per file the first matching rule wins, then what the process says that it can load again
 * (`hotPaths`), else it is a rebuild; for the batch the strongest action wins, and the first file by name that asks for it gives the rule.
 */
export function classify(
  paths: readonly string[],
  rules: CompiledRules,
  hotPaths: PatternSet | null = null,
): ChangeBatch {
  const sorted = [...paths].sort();
  let action: ChangeBatch['action'] = 'none';
  let decidedBy: string | null = null;
  const runs = new Map<WatchRule, string[]>();
  for (const path of sorted) {
    const rule = firstMatch(path, rules);
    if (rule?.action === 'run') runs.set(rule, [...(runs.get(rule) ?? []), path]);
    const isHot = rule === null && hotPaths?.test(path) === 'ignored';
    const asked = isHot ? 'hot' : actionOf(rule);
    if (decidedBy === null || STRENGTH[asked] > STRENGTH[action]) {
      action = asked;
      decidedBy = isHot ? HOT_PATHS_RULE : (rule?.match ?? 'default');
    }
  }
  return {
    paths: sorted,
    action,
    rule: decidedBy ?? 'default',
    runs: rules.flatMap(({ rule }) => {
      const files = runs.get(rule);
      return rule.command === null || files === undefined ? [] : [{ command: rule.command, paths: files }];
    }),
  };
}

function actionOf(rule: WatchRule | null): ChangeBatch['action'] {
  if (rule === null) return 'rebuild';
  switch (rule.action) {
    case 'ignore':
    case 'run':
      return 'none';
    case 'hot':
    case 'restart':
    case 'rebuild':
      return rule.action;
    default:
      return assertNever(rule.action);
  }
}
