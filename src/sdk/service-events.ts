import type { FunctionChange } from './function-registry.js';
import type { FailedReload } from './hot-reload.js';
import type { TunableOptions } from './tunable-options.js';

/** What a service tells (`service.on(name, listener)`). */
export interface ServiceEvents {
  /** A connection to the agent is there. */
  connected: [{ readonly agentAddress: string }];
  /** The agent took our registration: at the start, after each reconnect, and when functions or their descriptors changed. */
  registered: [{ readonly sessionId: string; readonly functions: readonly string[] }];
  /** The agent is gone or was never there; the next attempt is in `retryInMs`, null: not before reconnect(). */
  disconnected: [{ readonly reason: string; readonly retryInMs: number | null }];
  /** Registered again after a loss. */
  reconnected: [{ readonly reconnectCount: number }];
  /** One function was put in the place of another, added (`oldVersion` null) or removed (`newVersion` null). */
  functionReloaded: [FunctionChange];
  /** The end of one reload. Of `reloaded` and `failed` one is empty: a reload is done as a whole, or not at all. */
  functionsReloaded: [
    { readonly reloaded: readonly FunctionChange[]; readonly failed: readonly FailedReload[] },
  ];
  /** A function that was not reloaded; its old version serves on. */
  reloadFailed: [FailedReload & { readonly rolledBack: true }];
  configReloaded: [{ readonly changed: TunableOptions }];
  rolledBack: [FunctionChange];
  /** Earlier versions of modules hold more than `restartBudget`: until a restart nothing is loaded again. */
  restartNeeded: [{ readonly reason: string }];
  /**
   * A handler threw something else than a FunctionError; its caller was told nothing of it but `callId`. Without a listener it is
   * a warning of the process.
   */
  handlerFailed: [{ readonly functionId: string; readonly callId: string; readonly error: unknown }];
  /** A graceful shutdown has begun; `cause` is a signal's name, PM2's `shutdown`, or null where the app called it. */
  shuttingDown: [{ readonly timeoutMs: number; readonly cause: string | null }];
  /** Everything is shut. */
  closed: [];
  /**
   * The agent refuses the registration, could not be reached in `maxRetryAttempts` attempts, or the folder cannot be watched. Emitted only
   * if somebody listens.
   */
  error: [Error];
}
