import { err, ok, type Result } from '../core/result.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** The longest time that Node's timers can wait, 24.8 days in ms: 2^31 - 1. A longer one would fire at once. */
export const LONGEST_DURATION = 2_147_483_647;

export const DURATION_FORMS = 'a duration such as "20ms", "5s", "5m" or "1h", or a number of ms';

/**
 * Reads a duration of the configuration: `"20ms"`, `"5s"`, `"1.5h"`, or a number of ms.
 * Answers whole ms, or the complaint in words (`must be ...`).
 */
export function parseDuration(value: string | number): Result<number, string> {
  const ms = typeof value === 'number' ? value : fromText(value);
  if (ms === null || !Number.isFinite(ms) || ms < 0) return err(`it must be ${DURATION_FORMS}`);
  if (ms > LONGEST_DURATION) return err('it must not be longer than 24 days');
  return ok(Math.round(ms));
}

function fromText(text: string): number | null {
  const [, amount, unit] = DURATION.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return amount === undefined || factor === undefined ? null : Number(amount) * factor;
}
