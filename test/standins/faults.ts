import { status } from '@grpc/grpc-js';
import { Refusal } from './refusal.js';
import type { Caller } from './serve.js';

/** What a fault can be limited to. `call`: everything that callers send; `tunnel`: a tunnel's opening. */
export const RPC_KINDS = ['register', 'heartbeat', 'list', 'capabilities', 'tunnel', 'call'] as const;
export type RpcKind = (typeof RPC_KINDS)[number];

/** Statuses that peers of the field refuse with. */
export type RefusalCode =
  | 'UNAVAILABLE'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'INTERNAL'
  | 'UNIMPLEMENTED';

/** What goes wrong at present. Every RPC passes here before it has any effect. */
export class Faults {
  readonly #hanging = new Set<RpcKind>();
  readonly #refused = new Map<RpcKind, Refusal>();
  readonly #delays = new Map<RpcKind, number>();
  readonly #resumed = new EventTarget();

  /** Accepts these RPCs and answers nothing, until they go on with `resume`. */
  hang(kinds: readonly RpcKind[] = RPC_KINDS): void {
    for (const kind of kinds) this.#hanging.add(kind);
  }

  /** Ends `hang`; RPCs whose callers still wait are answered now. */
  resume(): void {
    this.#hanging.clear();
    this.#resumed.dispatchEvent(new Event('resume'));
  }

  refuse(code: RefusalCode, message: string, kinds: readonly RpcKind[] = ['register']): void {
    for (const kind of kinds) this.#refused.set(kind, new Refusal(status[code], message));
  }

  /** Ends `refuse`. */
  accept(): void {
    this.#refused.clear();
  }

  /** Every such RPC takes effect `ms` later; 0: at once again. */
  slow(ms: number, kinds: readonly RpcKind[] = RPC_KINDS): void {
    for (const kind of kinds) this.#delays.set(kind, ms);
  }

  /** Resolves when the RPC may take effect (null), or with what it is answered instead. */
  async pass(kind: RpcKind, caller: Caller): Promise<Refusal | null> {
    const delay = this.#delays.get(kind) ?? 0;
    if (delay > 0) await pause(delay, caller.signal);
    while (this.#hanging.has(kind) && !caller.signal.aborted) await this.#turn(caller.signal);
    if (caller.signal.aborted) return new Refusal(status.CANCELLED, 'the caller is gone');
    return this.#refused.get(kind) ?? null;
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const over = () => {
        this.#resumed.removeEventListener('resume', over);
        signal.removeEventListener('abort', over);
        resolve();
      };
      this.#resumed.addEventListener('resume', over);
      signal.addEventListener('abort', over);
    });
  }
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
  });
}
