import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { CallOutcome } from '../protocol/child-call.js';
import {
  ReloadRequest,
  ReloadResponse,
  RollbackRequest,
  RollbackResponse,
  StatusRequest,
  StatusResponse,
} from '../protocol/gen/croupier/dev/v1/hot_reload.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { HotReload, HotReloadFailure } from './types.js';

const SERVICE = 'croupier.dev.v1.HotReloadService';

/** Where a process answers. */
export interface UnaryEndpoint {
  /** `cancelled`: the time is over. */
  callUnary(path: string, message: Buffer, timeoutMs: number): Promise<CallOutcome>;
}

/**
 * The hot reload of one process. It may have registered several addresses, each with an SDK of its own: all of them are asked, and those
 * without a hot reload are left out, unless none has it.
 */
export class ProcessHotReload implements HotReload {
  readonly #endpoints: readonly UnaryEndpoint[];

  constructor(endpoints: readonly UnaryEndpoint[]) {
    this.#endpoints = endpoints;
  }

  async reload(
    request: { readonly paths: readonly string[]; readonly functions: readonly string[] },
    timeoutMs: number,
  ): Promise<Result<ReloadResponse, HotReloadFailure>> {
    const message = ReloadRequest.encode({ paths: [...request.paths], functions: [...request.functions] });
    const answers = await this.#askAll('Reload', message.finish(), timeoutMs, ReloadResponse.decode);
    if (!answers.ok) return answers;
    return ok({
      reloaded: answers.value.flatMap((one) => one.reloaded),
      failed: answers.value.flatMap((one) => one.failed),
      needsRestart: answers.value.some((one) => one.needsRestart),
      reason: answers.value.find((one) => one.reason !== '')?.reason ?? '',
    });
  }

  /** The first that knows the function and has an earlier version of it. */
  async rollback(functionId: string, timeoutMs: number): Promise<Result<RollbackResponse, HotReloadFailure>> {
    const message = RollbackRequest.encode({ functionId }).finish();
    let failure: HotReloadFailure | null = null;
    for (const endpoint of this.#endpoints) {
      const answer = await ask(endpoint, 'Rollback', message, timeoutMs, RollbackResponse.decode);
      if (answer.ok) return answer;
      if (failure === null || answer.error.reason === 'refused') failure = answer.error;
    }
    return err(failure ?? NO_ENDPOINT);
  }

  async status(timeoutMs: number): Promise<Result<StatusResponse, HotReloadFailure>> {
    const message = StatusRequest.encode({}).finish();
    const answers = await this.#askAll('Status', message, timeoutMs, StatusResponse.decode);
    if (!answers.ok) return answers;
    const [first, ...others] = answers.value;
    if (first === undefined) return err(NO_ENDPOINT);
    return ok({ ...first, hotPaths: [...new Set([first, ...others].flatMap((one) => one.hotPaths))] });
  }

  async #askAll<T>(
    method: string,
    message: Uint8Array,
    timeoutMs: number,
    decode: (bytes: Uint8Array) => T,
  ): Promise<Result<readonly T[], HotReloadFailure>> {
    const answers = await Promise.all(
      this.#endpoints.map((endpoint) => ask(endpoint, method, message, timeoutMs, decode)),
    );
    const failures = answers.flatMap((one) => (one.ok ? [] : [one.error]));
    const failure = failures.find((one) => one.reason !== 'unimplemented');
    if (failure !== undefined) return err(failure);
    const values = answers.flatMap((one) => (one.ok ? [one.value] : []));
    return values.length > 0 ? ok(values) : err(failures[0] ?? NO_ENDPOINT);
  }
}

const NO_ENDPOINT: HotReloadFailure = { reason: 'unreachable', message: 'the process registered no address' };

async function ask<T>(
  endpoint: UnaryEndpoint,
  method: string,
  message: Uint8Array,
  timeoutMs: number,
  decode: (bytes: Uint8Array) => T,
): Promise<Result<T, HotReloadFailure>> {
  const outcome = await endpoint.callUnary(`/${SERVICE}/${method}`, Buffer.from(message), timeoutMs);
  switch (outcome.kind) {
    case 'answered':
      return readAnswer(outcome, decode);
    case 'refused':
    case 'lost':
      return err({ reason: 'unreachable', message: outcome.message });
    case 'cancelled':
      return err({ reason: 'timeout', message: `no answer within ${timeoutMs} ms` });
    default:
      return assertNever(outcome);
  }
}

function readAnswer<T>(
  { answer }: Extract<CallOutcome, { kind: 'answered' }>,
  decode: (bytes: Uint8Array) => T,
): Result<T, HotReloadFailure> {
  const { status, body } = answer;
  if (status.code === STATUS_CODES.UNIMPLEMENTED) {
    return err({ reason: 'unimplemented', message: 'the SDK of the process has no hot reload' });
  }
  if (status.code !== STATUS_CODES.OK) return err({ reason: 'refused', message: status.message });
  try {
    return ok(decode(body ?? Buffer.alloc(0)));
  } catch (error) {
    return err({
      reason: 'refused',
      message: `its answer cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}
