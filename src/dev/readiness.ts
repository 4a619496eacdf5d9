import type { ReadyConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { pause } from './pause.js';

/** A port that accepts may be that of a program which registers a moment later; so long it is given, in ms. */
export const PROBE_SETTLE_MS = 500;
/** A candidate that lacks functions of the active generation is waited for, from its last registration, in ms. */
export const FUNCTIONS_SETTLE_MS = 300;

export interface ReadinessInput {
  readonly ready: ReadyConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Resolves when the generation has registered and its addresses answer. Aborted with `signal`. */
  readonly registered: Promise<void>;
  /** An earlier generation registered functions, so this one will. */
  readonly expectsRegistration: boolean;
  /** An earlier generation got ready by its port and never registered: nor will this one, as far as is known. */
  readonly expectsNoRegistration: boolean;
  /** Something of this generation speaks to its listener of the gateway: it has an SDK. */
  speaksToGateway(): boolean;
  /** Runs the configured or the automatic probe; resolves when it passes, never otherwise. */
  probe(): Promise<void>;
  /** Ids of functions that the active generation serves and this one has not registered. */
  missingFunctions(): readonly string[];
  /** Clock ms of this generation's last registration; null: none. */
  lastRegistrationAt(): number | null;
}

/**
 * Resolves when a generation can take calls: what is configured passed, and where functions are registered, its addresses
 * answered and it serves what its predecessor did (or has had time to). Never resolves on a timeout.
 */
export async function waitUntilReady(input: ReadinessInput): Promise<void> {
  const { ready, expectsRegistration } = input;
  switch (ready.kind) {
    case 'auto':
      await (expectsRegistration
        ? input.registered
        : Promise.race([input.registered, acceptsWithoutSdk(input)]));
      break;
    case 'spawn':
      if (expectsRegistration) await input.registered;
      break;
    case 'http':
    case 'tcp':
    case 'log':
      await Promise.all([input.probe(), expectsRegistration ? input.registered : undefined]);
      break;
  }
  await functionsSettled(input);
}

async function acceptsWithoutSdk(input: ReadinessInput): Promise<void> {
  await input.probe();
  if (!input.expectsNoRegistration) await pause(input.clock, PROBE_SETTLE_MS, input.signal);
  // It has an SDK, and that will say when it is ready.
  if (input.speaksToGateway()) await input.registered;
}

async function functionsSettled(input: ReadinessInput): Promise<void> {
  for (;;) {
    const last = input.lastRegistrationAt();
    if (input.signal.aborted || last === null || input.missingFunctions().length === 0) return;
    const left = last + FUNCTIONS_SETTLE_MS - input.clock.now();
    if (left <= 0) return;
    // Looked at again in short steps: a further registration can complete the set at any moment.
    await pause(input.clock, Math.min(left, 10), input.signal);
  }
}
