import type { SessionConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { Gateway } from '../gateway/gateway.js';
import { NO_DEPARTURES } from '../upstream/departures.js';
import { type ControlDoor, openControlDoor } from './control-listener.js';
import { openSessionGateway } from './gateway.js';
import type { ServiceGroup } from './service-group.js';
import type { SessionUpstream } from './session-upstream.js';
import { StablePorts } from './stable-ports.js';
import type { ChosenUpstream } from './upstream-choice.js';

/** Everything of a session that others connect to. */
export interface SessionListeners {
  readonly gateway: Gateway;
  readonly stablePorts: StablePorts;
  /** null: nobody finds this session. */
  readonly door: ControlDoor | null;
}

export interface ListenersOptions {
  readonly config: SessionConfig;
  readonly upstream: ChosenUpstream | null;
  /** Other commands find the session. */
  readonly isRecorded: boolean;
  readonly sessionId: string;
  readonly clock: Clock;
  /** What is opened after the listeners; null: not yet. */
  services(): ServiceGroup | null;
  openUpstream(): SessionUpstream | null;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Opens them all, or none. */
export async function openListeners(options: ListenersOptions): Promise<Result<SessionListeners, UserError>> {
  const { config, clock, isRecorded, onNotice } = options;
  const opened = await openGateway(options);
  if (!opened.ok) return opened;
  const gateway = opened.value;
  const stablePorts = await StablePorts.open(config.services, clock, onNotice);
  if (!stablePorts.ok) {
    await gateway.close();
    return stablePorts;
  }
  const door = isRecorded ? await openControlDoor(config.control) : ok(null);
  if (!door.ok) {
    await stablePorts.value.close();
    await gateway.close();
    return door;
  }
  return ok({ gateway, stablePorts: stablePorts.value, door: door.value });
}

function openGateway(options: ListenersOptions): Promise<Result<Gateway, UserError>> {
  const { config, upstream, sessionId, clock, services, openUpstream, onNotice } = options;
  return openSessionGateway({
    config: config.gateway,
    upstream,
    sessionId,
    services: () => services()?.names ?? [],
    clock,
    attribute: async (caller) => services()?.findOwner(caller) ?? null,
    // The upstream is opened after the gateway, whose address it is told.
    elsewhere: {
      pass: async (call, signal) => openUpstream()?.elsewhere?.pass(call, signal) ?? null,
      read: async (call, onEvent, signal) => openUpstream()?.elsewhere?.read(call, onEvent, signal) ?? null,
    },
    departures: () => openUpstream()?.departures ?? NO_DEPARTURES,
    onNotice,
  });
}
