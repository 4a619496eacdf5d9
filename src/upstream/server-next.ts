import { assertNever } from '../core/failure.js';
import { heard, isRenewalDue } from './server-lease.js';
import { dialAgain, lose } from './server-loss.js';
import type { LinkMemory, ServerEffect, ServerInput, ServerState, Step } from './server-state.js';

type Connected = Extract<ServerState, { state: 'connected' }>;

/** What the link does next; pure. Inputs of another connection than the present one change nothing. */
export function next(state: ServerState, input: ServerInput): Step {
  if (state.state === 'closed' || isStale(state, input)) return [state, []];
  switch (input.type) {
    case 'offered':
      return onOffered(state, input.revision);
    case 'tell-again':
      return state.state === 'connected' && state.sent === null ? renew(state) : [state, []];
    case 'dialled':
      return state.state === 'dialling' ? register({ ...state, state: 'reached' }) : [state, []];
    case 'registered':
      return onRegistered(state, input);
    case 'tunnel-stands':
      return state.state === 'opening-tunnel' ? connect(state, true, input.at) : [state, []];
    case 'tunnel-unserved':
      return onTunnelUnserved(state, input.at);
    case 'heartbeat-due':
      return state.state === 'connected' ? onHeartbeatDue(state, input.epoch) : [state, []];
    case 'heartbeat-answered':
      return state.state === 'connected' ? onHeartbeatAnswered(state, input) : [state, []];
    case 'channel-left':
      // A peer that says good-bye lets open streams end: as long as the tunnel stands, answers can still go out.
      if (state.state === 'connected' && state.tunnel) return [state, []];
      return lose(state, input.loss, input.at);
    case 'failed':
      return lose(state, input.loss, input.at);
    case 'pause-over':
      return state.state === 'pausing' ? dialAgain(state.link) : [state, []];
    case 'withdraw':
      return onWithdraw(state);
    case 'taken-out':
      return state.state === 'leaving' ? leave(state.link, []) : [state, []];
    case 'close':
      return [
        { state: 'closed', link: state.link },
        [{ type: 'abandon', connection: state.link.connection }],
      ];
    default:
      return assertNever(input);
  }
}

function isStale(state: ServerState, input: ServerInput): boolean {
  return 'connection' in input && input.connection !== state.link.connection;
}

function onOffered(state: ServerState, revision: number): Step {
  const link: LinkMemory = { ...state.link, offered: revision };
  switch (state.state) {
    case 'reached':
      return register({ state: 'reached', link });
    case 'connected':
      return registerAgain({ ...state, link });
    case 'dialling':
    case 'registering':
    case 'opening-tunnel':
    case 'pausing':
    case 'leaving':
    case 'left':
    case 'closed':
      return [{ ...state, link }, []];
    default:
      return assertNever(state);
  }
}

function register(state: Extract<ServerState, { state: 'reached' }>): Step {
  const { link } = state;
  if (link.offered === 0) return [state, []];
  return [
    { state: 'registering', link, sent: link.offered },
    [{ type: 'register', connection: link.connection, revision: link.offered }],
  ];
}

/** What is offered has changed, and nothing is under way. One registration at a time: the latest offer wins. */
function registerAgain(state: Connected): Step {
  const { link } = state;
  if (state.sent !== null || state.accepted === link.offered) return [state, []];
  return renew(state);
}

function renew(state: Connected): Step {
  const { link } = state;
  return [
    { ...state, sent: link.offered },
    [{ type: 'register', connection: link.connection, revision: link.offered }],
  ];
}

function onRegistered(state: ServerState, input: Extract<ServerInput, { type: 'registered' }>): Step {
  const { lease } = input;
  if (state.state === 'registering') {
    const registered: Extract<ServerState, { state: 'opening-tunnel' }> = {
      state: 'opening-tunnel',
      link: state.link,
      accepted: state.sent,
      lease,
    };
    if (!state.link.hasTunnel) return connect(registered, false, input.at);
    return [registered, [{ type: 'open-tunnel', connection: input.connection }]];
  }
  if (state.state !== 'connected' || state.sent === null) return [state, []];
  const accepted: Connected = { ...state, accepted: state.sent, sent: null, lease };
  const [after, effects] = registerAgain(accepted);
  return [after, [...afterRegistration(accepted), ...effects]];
}

function connect(
  state: Extract<ServerState, { state: 'opening-tunnel' }>,
  tunnel: boolean,
  at: number,
): Step {
  const { accepted, lease } = state;
  const link: LinkMemory = { ...state.link, told: null, connects: state.link.connects + 1 };
  const connected: Connected = {
    state: 'connected',
    link,
    since: at,
    tunnel,
    accepted,
    sent: null,
    beating: false,
    lease,
  };
  const [after, effects] = registerAgain(connected);
  return [
    after,
    [{ type: 'tell-connected', attempt: link.attempt }, ...afterRegistration(connected), ...effects],
  ];
}

function afterRegistration({ link, accepted, lease }: Connected): readonly ServerEffect[] {
  const { connection } = link;
  return [
    { type: 'tell-registered', revision: accepted },
    { type: 'send-capabilities', connection },
    { type: 'schedule-heartbeat', connection, afterMs: lease.heartbeatMs },
  ];
}

function onTunnelUnserved(state: ServerState, at: number): Step {
  if (state.state === 'opening-tunnel') {
    const [after, effects] = connect(state, false, at);
    return [after, [...effects, { type: 'tell-no-tunnel' }]];
  }
  if (state.state === 'connected') return [{ ...state, tunnel: false }, [{ type: 'tell-no-tunnel' }]];
  return [state, []];
}

function onHeartbeatDue(state: Connected, epoch: number): Step {
  const { connection } = state.link;
  const again: ServerEffect = {
    type: 'schedule-heartbeat',
    connection,
    afterMs: state.lease.heartbeatMs,
  };
  // A registration is a sign of life as well.
  if (state.sent !== null || state.beating) return [state, [again]];
  if (isRenewalDue(state.lease, epoch)) {
    const [after, effects] = renew(state);
    return [after, [again, ...effects]];
  }
  return [{ ...state, beating: true }, [again, { type: 'heartbeat', connection }]];
}

function onHeartbeatAnswered(
  state: Connected,
  input: Extract<ServerInput, { type: 'heartbeat-answered' }>,
): Step {
  const answered: Connected = { ...state, beating: false };
  if (input.forgotten) return state.sent === null ? renew(answered) : [answered, []];
  return [
    { ...answered, lease: heard(state.lease, input.epoch) },
    [{ type: 'send-capabilities', connection: input.connection }],
  ];
}

function onWithdraw(state: ServerState): Step {
  const { link } = state;
  const { connection } = link;
  switch (state.state) {
    case 'dialling':
    case 'reached':
    case 'pausing':
      return leave(link, [{ type: 'abandon', connection }]);
    case 'registering':
    case 'opening-tunnel':
    case 'connected':
      return [{ state: 'leaving', link }, [{ type: 'take-out', connection }]];
    case 'leaving':
    case 'left':
    case 'closed':
      return [state, []];
    default:
      return assertNever(state);
  }
}

function leave(link: LinkMemory, effects: readonly ServerEffect[]): Step {
  return [{ state: 'left', link }, [...effects, { type: 'tell-left' }]];
}
