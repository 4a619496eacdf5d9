import type { HoldReason } from './types.js';

/** Whether a function can be called on a process now. `withdrawn`: the process took itself out and is about to leave. */
export type Presence = 'ready' | 'waiting' | 'withdrawn' | 'absent';

export interface GenerationView {
  /** Its process lives and it was not retired. */
  readonly isOpen: boolean;
  presence(functionId: string): Presence;
}

/**
 * `routed`: calls go to the routed generation. `hold-jobs`: new jobs wait. `hold-all`: calls and jobs wait.
 * `failed`: everything is answered `generation-failed`.
 */
export type GateMode = 'routed' | 'hold-jobs' | 'hold-all' | 'failed';

/** A service, or one of its instances: these have the name of their service, and a key of their own. */
export interface ServiceView {
  readonly key: string;
  readonly name: string;
  readonly mode: GateMode;
  /** Why, in words; only read in mode `failed`. */
  readonly failure: string;
  /** Some generation was routed before. */
  readonly wasActive: boolean;
  readonly routed: GenerationView | null;
  /** The function was served by the generation routed last, or is registered by a newer one that is not routed yet. */
  knows(functionId: string): boolean;
  /** Calls and jobs that its routed generation works on. */
  readonly load: number;
  /** Differs between any two that were used; the one that was used last has the highest. */
  readonly lastUse: number;
}

export interface ExternalView {
  presence(functionId: string): Presence;
}

export interface RoutingView {
  readonly services: readonly ServiceView[];
  readonly externals: readonly ExternalView[];
}

export interface RoutingRequest {
  readonly functionId: string;
  readonly kind: 'call' | 'job';
  /** Key of the service whose generation makes the call through its own listener; null: anybody else. */
  readonly origin: string | null;
  /** Somebody else can be asked for a function that nobody here serves. */
  readonly mayPassOn: boolean;
}

/** What becomes of a call at this moment. `service` is the key of a service. The same call is asked about again whenever routing changes. */
export type Resolution =
  | { readonly action: 'dispatch'; readonly to: 'service'; readonly service: string }
  /** Any of the externals that are ready for the function. */
  | { readonly action: 'dispatch'; readonly to: 'external' }
  /** In the queue of the service; null: in that of the external services. */
  | { readonly action: 'hold'; readonly service: string | null }
  | {
      readonly action: 'reject';
      readonly reason: Extract<HoldReason, 'generation-failed'>;
      readonly service: string;
      readonly message: string;
    }
  | { readonly action: 'pass-on' }
  | { readonly action: 'unknown-function' };

/**
 * Where a call goes. Supervised services win over external ones, a service that serves the function over one that is
 * only known to have served it. Of several instances that serve it, the one that has the least to do.
 */
export function resolve(view: RoutingView, request: RoutingRequest): Resolution {
  const known: Resolution[] = [];
  let chosen: ServiceView | null = null;
  for (const service of view.services) {
    const resolution = resolveInService(service, request);
    if (resolution === null) continue;
    if (resolution.action !== 'dispatch') known.push(resolution);
    else if (chosen === null || (chosen.name === service.name && isBetter(service, chosen))) chosen = service;
  }
  if (chosen !== null) return { action: 'dispatch', to: 'service', service: chosen.key };
  const best = known.find((one) => one.action === 'hold') ?? known[0];
  if (best !== undefined) return best;
  return resolveExternal(view, request) ?? (request.mayPassOn ? { action: 'pass-on' } : resolveUnknown(view));
}

/**
 * One that is open to everybody is better than one that is being drained and takes only its own calls; then the one with less to do; among
 * equals the one that was not used for longest.
 */
function isBetter(one: ServiceView, other: ServiceView): boolean {
  if (one.mode !== other.mode && (one.mode === 'routed' || other.mode === 'routed'))
    return one.mode === 'routed';
  return one.load === other.load ? one.lastUse < other.lastUse : one.load < other.load;
}

/** Null: the function is none of this service's. */
function resolveInService(service: ServiceView, request: RoutingRequest): Resolution | null {
  const { key, mode, routed } = service;
  const hold: Resolution = { action: 'hold', service: key };
  const presence = routed?.isOpen === true ? routed.presence(request.functionId) : 'absent';
  if (mode === 'failed') {
    return presence !== 'absent' || service.knows(request.functionId) ? rejectFailed(service) : null;
  }
  switch (presence) {
    case 'ready': {
      const isOwn = request.origin === key;
      const passes = mode === 'routed' || isOwn || (mode === 'hold-jobs' && request.kind === 'call');
      return passes ? { action: 'dispatch', to: 'service', service: key } : hold;
    }
    case 'waiting':
    case 'withdrawn':
      return hold;
    case 'absent': {
      // A living routed generation says which functions there are, unless its successor is being waited for.
      const isDecided = routed?.isOpen === true && mode !== 'hold-all';
      return !isDecided && service.knows(request.functionId) ? hold : null;
    }
  }
}

function resolveExternal(view: RoutingView, request: RoutingRequest): Resolution | null {
  const presences = view.externals.map((external) => external.presence(request.functionId));
  if (presences.includes('ready')) return { action: 'dispatch', to: 'external' };
  return presences.some((presence) => presence !== 'absent') ? { action: 'hold', service: null } : null;
}

/** A service that was never active may be the one that will register the function. */
function resolveUnknown(view: RoutingView): Resolution {
  const active = new Set(view.services.filter((service) => service.wasActive).map(({ name }) => name));
  const newcomers = view.services.filter(({ name }) => !active.has(name));
  const holding = newcomers.find((service) => service.mode !== 'failed');
  if (holding !== undefined) return { action: 'hold', service: holding.key };
  const failed = newcomers[0];
  return failed === undefined ? { action: 'unknown-function' } : rejectFailed(failed);
}

function rejectFailed(service: ServiceView): Resolution {
  return {
    action: 'reject',
    reason: 'generation-failed',
    service: service.key,
    message: service.failure,
  };
}
