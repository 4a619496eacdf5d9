import { describe, expect, it } from 'vitest';
import { ProcessHotReload, type UnaryEndpoint } from '../../../src/gateway/hot-reload.js';
import type { CallOutcome } from '../../../src/protocol/child-call.js';
import {
  ReloadRequest,
  ReloadResponse,
  RollbackResponse,
  StatusResponse,
} from '../../../src/protocol/gen/croupier/dev/v1/hot_reload.js';
import { STATUS_CODES } from '../../../src/protocol/status-codes.js';
import { NO_METADATA } from '../../../src/protocol/wire-metadata.js';

function answer(body: Uint8Array | null, code: number = STATUS_CODES.OK, message = ''): CallOutcome {
  const status = { code, message };
  return {
    kind: 'answered',
    answer: { status, headers: null, trailers: NO_METADATA, body: body === null ? null : Buffer.from(body) },
  };
}

const MISSING = answer(null, STATUS_CODES.UNIMPLEMENTED, 'unknown service');

/** Answers every call with the same, and notes what it was asked. */
function endpoint(outcome: CallOutcome) {
  const asked: { path: string; message: Buffer; timeoutMs: number }[] = [];
  const fake: UnaryEndpoint = {
    callUnary: async (path, message, timeoutMs) => {
      asked.push({ path, message, timeoutMs });
      return outcome;
    },
  };
  return { fake, asked };
}

function reloadAnswer(part: Partial<ReloadResponse>): CallOutcome {
  const message = { reloaded: [], failed: [], needsRestart: false, reason: '', ...part };
  return answer(ReloadResponse.encode(message).finish());
}

const BAN = { id: 'player.ban', oldVersion: '1.0.0', newVersion: '1.1.0' };
const REQUEST = { paths: ['functions/ban.js'], functions: [] };

describe('the hot reload of a process', () => {
  it('asks with the paths and the time that it has', async () => {
    const { fake, asked } = endpoint(reloadAnswer({ reloaded: [BAN] }));
    const result = await new ProcessHotReload([fake]).reload(REQUEST, 1234);
    expect(result).toEqual({
      ok: true,
      value: { reloaded: [BAN], failed: [], needsRestart: false, reason: '' },
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ path: '/croupier.dev.v1.HotReloadService/Reload', timeoutMs: 1234 });
    expect(ReloadRequest.decode(asked[0]?.message ?? Buffer.alloc(0))).toEqual(REQUEST);
  });

  it('puts the answers of several addresses together, and leaves those out that have none', async () => {
    const other = { id: 'lobby.open', oldVersion: '2', newVersion: '2' };
    const failed = { id: '', path: 'x.js', error: 'syntax', rolledBack: true };
    const hot = new ProcessHotReload([
      endpoint(reloadAnswer({ reloaded: [BAN] })).fake,
      endpoint(MISSING).fake,
      endpoint(reloadAnswer({ reloaded: [other], failed: [failed], needsRestart: true, reason: 'why' })).fake,
    ]);
    expect(await hot.reload(REQUEST, 1)).toEqual({
      ok: true,
      value: { reloaded: [BAN, other], failed: [failed], needsRestart: true, reason: 'why' },
    });
  });

  it.each<[string, CallOutcome, { reason: string; message: string }]>([
    ['has none', MISSING, { reason: 'unimplemented', message: 'the SDK of the process has no hot reload' }],
    ['refuses', answer(null, STATUS_CODES.INTERNAL, 'no'), { reason: 'refused', message: 'no' }],
    ['takes too long', { kind: 'cancelled' }, { reason: 'timeout', message: 'no answer within 7 ms' }],
    ['is gone', { kind: 'lost', message: 'reset' }, { reason: 'unreachable', message: 'reset' }],
    ['cannot be reached', { kind: 'refused', message: 'off' }, { reason: 'unreachable', message: 'off' }],
  ])('a process that %s', async (_name, outcome, error) => {
    expect(await new ProcessHotReload([endpoint(outcome).fake]).reload(REQUEST, 7)).toEqual({
      ok: false,
      error,
    });
  });

  it('an answer that is none is a failure in words', async () => {
    const result = await new ProcessHotReload([endpoint(answer(Buffer.from([0xff]))).fake]).status(1);
    expect(result).toMatchObject({ ok: false, error: { reason: 'refused' } });
  });

  it('a failure of one address is not hidden by the answer of another', async () => {
    const good = endpoint(reloadAnswer({ reloaded: [BAN] })).fake;
    const gone = endpoint({ kind: 'lost', message: 'reset' }).fake;
    expect(await new ProcessHotReload([good, gone]).reload(REQUEST, 1)).toMatchObject({
      ok: false,
      error: { reason: 'unreachable' },
    });
  });

  it('rolls back where the function has an earlier version, and says why not where none has', async () => {
    const refuses = endpoint(answer(null, STATUS_CODES.NOT_FOUND, 'no function "x"')).fake;
    const takes = endpoint(answer(RollbackResponse.encode(BAN).finish())).fake;
    expect(await new ProcessHotReload([refuses, takes]).rollback('player.ban', 1)).toEqual({
      ok: true,
      value: BAN,
    });
    const none = new ProcessHotReload([endpoint(MISSING).fake, refuses]);
    expect(await none.rollback('x', 1)).toEqual({
      ok: false,
      error: { reason: 'refused', message: 'no function "x"' },
    });
  });

  it('tells what all addresses can load again', async () => {
    const status = (hotPaths: string[]) =>
      endpoint(
        answer(StatusResponse.encode({ ...StatusResponse.decode(Buffer.alloc(0)), hotPaths }).finish()),
      ).fake;
    const result = await new ProcessHotReload([status(['a/**']), status(['a/**', 'b/**'])]).status(1);
    expect(result.ok && result.value.hotPaths).toEqual(['a/**', 'b/**']);
  });
});
