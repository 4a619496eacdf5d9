import type { UpstreamLinkConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Result } from '../core/result.js';
import type {
  LocalFunction,
  LocalFunctionDescriptor,
} from '../protocol/gen/croupier/agent/local/v1/local.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';

export type OfferedFunction = Readonly<LocalFunctionDescriptor>;

/** One service of this session as the upstream is to know it. */
export interface OfferedService {
  /** In this session, for events. */
  readonly name: string;
  /** The same at every start in this folder of this machine, and different anywhere else. */
  readonly serviceId: string;
  readonly version: string;
  readonly gameId: string | null;
  readonly env: string | null;
  /** What calls can be sent for; empty: nothing yet, and nothing is registered. */
  readonly functions: readonly OfferedFunction[];
  /** `service_id`s under which its process registered with the upstream by itself: they are registered again, with our address. */
  readonly claims: readonly Claim[];
}

export interface Claim {
  readonly serviceId: string;
  readonly version: string;
  readonly functions: readonly OfferedFunction[];
}

export interface UpstreamStatus {
  readonly url: string;
  readonly state: 'connecting' | 'connected' | 'lost' | 'succeeded' | 'closed';
  /** Why it is lost; null: it is not. */
  readonly reason: string | null;
  /** Connections after the first. */
  readonly reconnects: number;
}

export type TakeOutResult =
  /** The upstream sends no new calls here until putBack. */
  | { readonly outcome: 'taken-out' }
  /** The registration stays: calls are held here. `why` is for people. */
  | { readonly outcome: 'kept'; readonly why: string };

/** Services of this session that are on their way out of an agent's routing for a swap, by `service_id`; other sessions ask for it. */
export interface Departures {
  /** The others are being asked whether they stay. */
  readonly leaving: readonly string[];
  /** They are out, or will be at any moment, until their swap is over. */
  readonly takenOut: readonly string[];
}

/** A link to one agent, server or edge. It never throws and never waits for ever: every call upstream has a deadline. */
export interface Upstream {
  readonly status: UpstreamStatus;
  /** What is to be registered from now on; what differs from before is sent at once, and again at every new connection. */
  offer(services: readonly OfferedService[]): void;
  /** Takes one service out of routing for a swap if others serve every one of its functions; otherwise it stays. */
  takeOut(name: string): Promise<TakeOutResult>;
  /**
   * A swap is over: the service is registered again if it was taken out. Where it was not, the upstream is told again what is
   * offered, also if nothing changed (an agent that appends what it is told again is spared that).
   */
  putBack(name: string): void;
  /**
   * The session ends: takes everything out of routing (`upstream.drained` with reason `exit`), and offers nothing any more. What is
   * under way still gets its answers, through a tunnel as well. Resolves within 3 s.
   */
  withdraw(): Promise<void>;
  /** Ends the connection, after withdraw() where that was not called. Resolves within 3 s. */
  close(): Promise<void>;
}

/** The functions of this session, called without a connection; see the gateway's LocalCalls. */
export interface CallsPort {
  invoke(request: CallRequest, signal: AbortSignal): Promise<Result<Buffer, CallFailure>>;
  startJob(request: CallRequest, signal: AbortSignal): Promise<Result<string, CallFailure>>;
  readJob(jobId: string, onEvent: (event: JobEventView) => void, signal: AbortSignal): boolean;
  cancelJob(jobId: string): boolean;
  jobResult(
    jobId: string,
  ): { readonly state: string; readonly payload: Buffer; readonly error: string } | null;
  serviceIds(functionId: string): readonly string[];
}

export interface CallRequest {
  readonly functionId: string;
  readonly idempotencyKey: string;
  readonly payload: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadlineMs: number | null;
  readonly dispatchWithinMs: number | null;
}

export interface CallFailure {
  readonly code: string;
  readonly message: string;
  readonly reason: string | null;
}

export interface JobEventView {
  readonly type: string;
  readonly message: string;
  readonly progress: number;
  readonly payload: Buffer;
}

/** What is the same for every kind of upstream. */
export interface UpstreamOptions {
  readonly config: UpstreamLinkConfig;
  readonly clock: Clock;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
  /** Where the upstream dials this session's gateway, `host:port`. */
  readonly gatewayAddress: string;
  publish(event: CroupierEvent): void;
}

export interface AgentUpstreamOptions extends UpstreamOptions {
  /** Differs between any two sessions; the gateway says it to whoever asks. */
  readonly sessionId: string;
  /** What the gateways of other sessions are dialled with; null: plain text. The error is for people. */
  readGatewayTls(): Promise<Result<TlsMaterial | null, string>>;
  /** What ListLocal showed, at every heartbeat and when asked to look; for finding services that registered there by themselves. */
  onListed(functions: readonly LocalFunction[]): void;
  /**
   * Set where the upstream was found by probing. If it said that it is a session like this one and is gone, its port is taken over:
   * resolves true when this session now listens there.
   */
  readonly takePort: (() => Promise<boolean>) | null;
}

/** A call of a process of this session for a function that nobody here serves; see the gateway's PassedCall. */
export interface CallForOthers {
  readonly method: 'Invoke' | 'StartJob' | 'CancelJob' | 'GetJobResult' | 'StreamJob';
  readonly functionId: string;
  readonly request: Buffer;
  readonly metadata: WireMetadata;
  readonly timeoutMs: number | null;
}

/** Those who are registered with the same agent; see the gateway's ElsewherePort. */
export interface OthersPort {
  pass(call: CallForOthers, signal: AbortSignal): Promise<RawAnswer | null>;
  read(
    call: CallForOthers,
    onEvent: (event: Buffer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RawAnswer | null>;
}

/** An upstream of the kind `agent://`. */
export interface AgentUpstream extends Upstream {
  /** Passes calls on to others; null where the agent is not connected or shows nobody else who serves a function. */
  readonly others: OthersPort;
  /** To be shown to whoever asks the gateway, at once: by it sessions leave one after the other. */
  readonly departures: Departures;
  /** Asks for ListLocal now (at most every 250 ms), because a process that was started may register there by itself. */
  look(): void;
}

export interface ServerUpstreamOptions extends UpstreamOptions {
  /** Our id there. */
  readonly agentId: string;
  /** For calls that arrive through the tunnel of an edge. */
  readonly calls: CallsPort;
}
