import { ok, type Result } from '../core/result.js';
import type {
  DrainResponse,
  HotReloadServiceServer,
  ReloadRequest,
  ReloadResponse,
  RollbackResponse,
  StatusResponse,
} from './gen/croupier/dev/v1/hot_reload.js';
import { answer, attempt, describeBug, type IncomingCall, type RpcStatus, watchCall } from './served-call.js';

/** What a game server does when its runner asks it to take changes without a restart. A throw is a bug: INTERNAL. */
export interface HotReloadHandlers {
  reload(request: ReloadRequest): Promise<Result<ReloadResponse, RpcStatus>>;
  rollback(functionId: string): Result<RollbackResponse, RpcStatus>;
  status(): StatusResponse;
  /** Resolves when nothing is under way, the time (ms) is over, or the caller has gone. */
  drain(timeoutMs: number, call: IncomingCall): Promise<DrainResponse>;
}

export function implementHotReload(handlers: HotReloadHandlers): HotReloadServiceServer {
  return {
    reload(call, respond) {
      const watched = watchCall(call);
      handlers.reload(call.request).then(
        (result) => answer(watched, respond, result),
        (bug: unknown) => answer(watched, respond, { ok: false, error: describeBug(bug) }),
      );
    },
    rollback(call, respond) {
      const result = attempt(() => handlers.rollback(call.request.functionId));
      answer(watchCall(call), respond, result);
    },
    status(call, respond) {
      const result = attempt(() => ok(handlers.status()));
      answer(watchCall(call), respond, result);
    },
    drain(call, respond) {
      const watched = watchCall(call);
      handlers.drain(call.request.timeoutMs, watched).then(
        (value) => answer(watched, respond, ok(value)),
        (bug: unknown) => answer(watched, respond, { ok: false, error: describeBug(bug) }),
      );
    },
  };
}
