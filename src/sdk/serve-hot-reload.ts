import { ok } from '../core/result.js';
import type { FailedFunction, ReloadResponse } from '../protocol/gen/croupier/dev/v1/hot_reload.js';
import type { HotReloadHandlers } from '../protocol/hot-reload-service.js';
import type { FunctionHost } from './function-host.js';
import type { FunctionChange } from './function-registry.js';
import type { FailedReload, HotReload, ReloadOutcome } from './hot-reload.js';
import type { ReloadStatus } from './reload-status.js';

/** The longest that a timer of Node takes, in ms. */
const MAX_MS = 2 ** 31 - 1;

/** What a runner asks over gRPC, answered by the parts of a service. */
export function serveHotReload(
  hotReload: HotReload,
  host: FunctionHost,
  status: () => ReloadStatus,
): HotReloadHandlers {
  return {
    async reload({ paths, functions }) {
      const outcome = await hotReload.reload(paths, functions);
      return outcome.ok ? ok(toResponse(outcome.value)) : outcome;
    },
    rollback(functionId) {
      const change = hotReload.rollback(functionId);
      return change.ok ? ok(toWire(change.value)) : change;
    },
    status() {
      const { lastReconnect, leakedBytes, ...same } = status();
      return {
        ...same,
        lastReconnectUnixMs: lastReconnect?.getTime() ?? 0,
        hotPaths: hotReload.hotPaths(),
        languages: 'node',
      };
    },
    async drain(timeoutMs, call) {
      await host.whenIdle(Math.min(MAX_MS, Math.max(0, timeoutMs)), call.signal);
      return { inFlight: host.inFlight };
    },
  };
}

function toResponse(outcome: ReloadOutcome): ReloadResponse {
  const nothing = { reloaded: [], failed: [], needsRestart: false, reason: '' };
  switch (outcome.outcome) {
    case 'reloaded':
      return { ...nothing, reloaded: outcome.reloaded.map(toWire) };
    case 'failed':
      return { ...nothing, failed: outcome.failed.map(toFailedFunction) };
    case 'needs-restart':
      return { ...nothing, needsRestart: true, reason: outcome.reason };
  }
}

function toWire({ id, oldVersion, newVersion }: FunctionChange) {
  return { id, oldVersion: oldVersion ?? '', newVersion: newVersion ?? '' };
}

function toFailedFunction({ id, path, error }: FailedReload): FailedFunction {
  return { id: id ?? '', path: path ?? '', error, rolledBack: true };
}
