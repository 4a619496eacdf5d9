import type { TlsFiles } from '../config/types.js';
import { err, ok, type Result } from '../core/result.js';
import type { Session, SessionGroup } from './types.js';

/** Reads the text of a session file; the error says in words what is not as it should be. */
export function parseSession(text: string): Result<Session, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('it is not JSON');
  }
  if (!isRecord(value)) return err('it is not an object');
  const { pid, startTime, gateway, tls = null, control, token, startedAt, services, groups } = value;
  if (!isPid(pid)) return err('"pid" is not a process id');
  if (!isCount(startTime)) return err('"startTime" is not a number');
  if (typeof gateway !== 'string') return err('"gateway" is not text');
  if (!isTlsOrNull(tls)) return err('"tls" is neither null nor files');
  if (!isTextOrNull(control)) return err('"control" is neither text nor null');
  if (!isTextOrNull(token)) return err('"token" is neither text nor null');
  if (typeof startedAt !== 'string') return err('"startedAt" is not text');
  if (!isTextList(services)) return err('"services" is not a list of names');
  if (!isGroupList(groups)) return err('"groups" is not a list of process groups');
  return ok({ pid, startTime, gateway, tls, control, token, startedAt, services, groups });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** To kill(2), 0 and negative numbers mean groups. */
function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** Process 1 leads no group of ours; it can be the runner itself, in a container. */
function isGroup(value: unknown): value is number {
  return isPid(value) && value > 1;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isTlsOrNull(value: unknown): value is TlsFiles | null {
  if (value === null) return true;
  return isRecord(value) && [value.ca, value.cert, value.key, value.serverName].every(isTextOrNull);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isGroupList(value: unknown): value is SessionGroup[] {
  return (
    Array.isArray(value) &&
    value.every(
      (one) => isRecord(one) && isGroup(one.pid) && isCount(one.startTime) && typeof one.marker === 'string',
    )
  );
}
