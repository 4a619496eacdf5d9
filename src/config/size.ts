import { err, ok, type Result } from '../core/result.js';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|[kKMG]B|[KMG]iB)$/;

export const SIZE_FORMS = 'a size such as "16KiB", "64MiB" or "1MB", or a number of bytes';

/** Reads a size of the configuration. Answers whole bytes, or the complaint in words (`must be ...`). */
export function parseSize(value: string | number): Result<number, string> {
  const bytes = typeof value === 'number' ? value : fromText(value);
  if (bytes === null || bytes < 0 || !Number.isSafeInteger(Math.round(bytes))) {
    return err(`it must be ${SIZE_FORMS}`);
  }
  return ok(Math.round(bytes));
}

function fromText(text: string): number | null {
  const [, amount, unit] = SIZE.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return amount === undefined || factor === undefined ? null : Number(amount) * factor;
}
