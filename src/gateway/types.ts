import type { HoldLimits } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { Result } from '../core/result.js';
import type { LocalFunctionDescriptor } from '../protocol/gen/croupier/agent/local/v1/local.js';
import type {
  ReloadResponse,
  RollbackResponse,
  StatusResponse,
} from '../protocol/gen/croupier/dev/v1/hot_reload.js';
import type { DescribeResponse } from '../protocol/gen/croupier/dev/v1/session.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import type { TlsMaterial } from '../protocol/tls.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { HttpService } from './http-function.js';
import type { InstanceRef } from './instance-key.js';

/** Why a call or job was answered by the gateway itself; goes out as trailing metadata `croupier-reason`. */
export type HoldReason =
  | 'hold-queue-full'
  | 'hold-timeout'
  | 'generation-failed'
  | 'drain-timeout'
  | 'child-lost';

/** Everything that a game server said about one of its functions; schemas are JSON Schemas as text, empty: none. */
export type RegisteredFunction = Readonly<LocalFunctionDescriptor>;

/** Totals since the gate was opened; differences between two readings tell about one reload. */
export interface GateCounters {
  /** Calls and jobs that entered the hold queue. */
  readonly held: number;
  /** Calls and jobs that ended well on a generation while it was draining or retired. */
  readonly drained: number;
  readonly replayed: number;
  /** Calls and jobs that were answered with a `croupier-reason`. A caller that went away or whose own deadline passed is not lost. */
  readonly lost: number;
  /** Calls and jobs that were answered by a child or by the gateway. */
  readonly answered: number;
}

export interface DrainOutcome {
  /** False: the time was up and the rest was cut. */
  readonly complete: boolean;
  readonly cut: number;
  readonly ms: number;
}

export interface GateOptions extends InstanceRef {
  readonly hold: HoldLimits;
  readonly replay: readonly string[];
}

export interface GateHandlers {
  /**
   * A generation has registered at least one function and every address it registered answered (the service name the child
   * serves is known). Called again whenever the set of functions or an address changes.
   * Never called for a closed generation.
   */
  onRegistered(generation: number, functions: readonly RegisteredFunction[]): void;
}

/**
 * The calls of one supervised service. Opened holding: calls wait until the first route().
 * What is not said here is decided by the supervisor; the gate never decides by itself which generation serves.
 */
export interface ServiceGate {
  /** Limits and replays from now on; a call that waits already keeps its time limit. */
  configure(settings: Pick<GateOptions, 'hold' | 'replay'>): void;
  /** Opens a listener of its own for one generation; the address is what the child gets as CROUPIER_AGENT_ADDR. */
  openGeneration(generation: number): Promise<{ readonly agentAddress: string }>;
  /** Functions that this generation has registered so far, whether or not its address answered. */
  functions(generation: number): readonly RegisteredFunction[];
  /** Something has called this generation's own listener, or registered for it elsewhere: it has an SDK. */
  speaks(generation: number): boolean;
  /** Where this generation's functions are dialled, `host:port` with wildcards resolved; empty: it registered none. */
  addresses(generation: number): readonly string[];
  /**
   * Takes over a registration that this generation made with another agent, as if it had come through its own listener. A later one
   * of the same `service_id` replaces it; an equal one changes nothing. False: the generation is not open, or the address is none.
   */
  adopt(generation: number, registration: AdoptedRegistration): boolean;
  /**
   * Registers what a generation serves over plain HTTP on its `PORT`, which has accepted a connection, as if it had done so itself. A later
   * call replaces what an earlier one registered. False: the generation is not open.
   */
  serveHttp(generation: number, service: HttpService): boolean;
  /** When (clock ms) this generation last registered; null: never. */
  lastRegistrationAt(generation: number): number | null;
  /** The hot reload of a generation's process; null: it is not open, or registered no address that answers. */
  hotReload(generation: number): HotReload | null;
  /** New calls and jobs go to this generation; held ones are released to it in order. */
  route(generation: number): void;
  /**
   * `jobs`: new jobs wait, calls still reach the routed generation. `all`: both wait (calls made by a generation through its own
   * listener pass at once to the routed generation while it lives).
   */
  hold(what: 'jobs' | 'all'): void;
  /** Answers everything held with the reason, at once, and everything that comes after until hold() or route(). */
  fail(reason: 'generation-failed', message: string): void;
  /** Waits until the generation has no calls (or jobs) under way; at the end of the time calls are cut with `drain-timeout`, jobs get CancelJob and, 1 s later, a terminal `error` event. */
  drain(generation: number, what: 'calls' | 'jobs', timeoutMs: number): Promise<DrainOutcome>;
  /** How many calls and jobs are under way on a generation. */
  inFlight(generation: number): { readonly calls: number; readonly jobs: number };
  /** Ends streams, closes the channel, forgets the generation's registrations (its process is about to be signalled, or is gone). Late registrations through its listener are answered and touch nothing. Heartbeats are answered. */
  retire(generation: number): void;
  /** The process is gone: what is still under way on it is lost (or replayed where allowed), and its listener closes. */
  gone(generation: number): Promise<void>;
  counters(): GateCounters;
  /** Calls and jobs in the hold queue now. */
  held(): number;
}

/** What a process can do about its own functions. Failures are told in words; `unimplemented`: it has no hot reload. */
export interface HotReload {
  /** `paths` are relative to the service's folder. Both empty: nothing. */
  reload(
    request: { readonly paths: readonly string[]; readonly functions: readonly string[] },
    timeoutMs: number,
  ): Promise<Result<ReloadResponse, HotReloadFailure>>;
  rollback(functionId: string, timeoutMs: number): Promise<Result<RollbackResponse, HotReloadFailure>>;
  status(timeoutMs: number): Promise<Result<StatusResponse, HotReloadFailure>>;
}

export interface HotReloadFailure {
  /** `refused`: the process answered with a status of its own, such as that there is no earlier version. */
  readonly reason: 'unimplemented' | 'refused' | 'unreachable' | 'timeout';
  readonly message: string;
}

/** What a generation told another agent about itself. */
export interface AdoptedRegistration {
  readonly serviceId: string;
  readonly version: string;
  /** Where its functions are dialled, as the other agent has it. */
  readonly rpcAddress: string;
  readonly functions: readonly RegisteredFunction[];
}

/** A call from inside this process, such as one that came through a tunnel. */
export interface LocalRequest {
  readonly functionId: string;
  readonly idempotencyKey: string;
  readonly payload: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  /** Time in which it is answered or given up, ms; null: it has all the time. */
  readonly deadlineMs: number | null;
  /** It is sent to a process within this time (ms) or never; one that is held longer gets `hold-timeout`. null: as other calls. */
  readonly dispatchWithinMs: number | null;
}

/** Why a local call failed: the gRPC code's name, and a sentence. */
export interface LocalFailure {
  readonly code: string;
  readonly message: string;
  readonly reason: HoldReason | null;
}

export interface LocalJobEvent {
  /** `done` and `error` are terminal, and no others: the gateway translates what children say. */
  readonly type: string;
  readonly message: string;
  readonly progress: number;
  readonly payload: Buffer;
}

/**
 * The functions, called without a connection. The same hold queue, drain, replay, limits and counters apply as to calls of the shared port.
 */
export interface LocalCalls {
  /** Aborting the signal is a caller that goes away. */
  invoke(request: LocalRequest, signal: AbortSignal): Promise<Result<Buffer, LocalFailure>>;
  /** The job's id. Empty: the service knows no such function and says so that way. */
  startJob(request: LocalRequest, signal: AbortSignal): Promise<Result<string, LocalFailure>>;
  /** Every event from the start, the terminal one last; false: there is no such job. The signal ends the reading. */
  readJob(jobId: string, onEvent: (event: LocalJobEvent) => void, signal: AbortSignal): boolean;
  /** False: there is no such job. */
  cancelJob(jobId: string): boolean;
  /** `state`: `running`, or the type of the event that ended it; null: there is no such job. */
  jobResult(
    jobId: string,
  ): { readonly state: string; readonly payload: Buffer; readonly error: string } | null;
  /** `service_id`s that serve a function now. */
  serviceIds(functionId: string): readonly string[];
}

/** A caller of the shared port, to find out which generation it is. */
export interface Caller {
  /** `ip:port` of the caller's end of the connection. */
  readonly peer: string;
  /** Port of the gateway's end. */
  readonly localPort: number;
  /** The `rpc_addr` that it wants to register. */
  readonly rpcAddress: string;
}

export interface GenerationRef extends InstanceRef {
  readonly generation: number;
}

/** Says whose process a caller is: by the group that owns its socket, else by the one that listens on rpcAddress. */
export type Attribute = (caller: Caller) => Promise<GenerationRef | null>;

/** A service that registered at the shared port and that nobody here supervises. */
export interface ExternalService {
  readonly serviceId: string;
  readonly version: string;
  /** As it was registered. */
  readonly rpcAddress: string;
  readonly functions: readonly RegisteredFunction[];
}

/** A function that calls are sent to now, and whose it is. */
export interface RoutableFunction extends RegisteredFunction {
  /** Name of the supervised service, or `service_id` of the external one. */
  readonly service: string;
  /** Of the first instance that serves it. Null: external. */
  readonly generation: number | null;
}

/** A call that a supervised process made through its own listener and that nobody here can answer. */
export interface PassedCall {
  readonly method: 'Invoke' | 'StartJob' | 'CancelJob' | 'GetJobResult' | 'StreamJob';
  /** What Invoke and StartJob call; empty for the others. */
  readonly functionId: string;
  /** The request, protobuf: InvokeRequest, or a message whose only field is `job_id`. */
  readonly request: Buffer;
  /** The caller's headers, and `croupier-passed`, with which no session passes it on again. */
  readonly metadata: WireMetadata;
  /** Time until the caller's deadline, ms; null: it has none. */
  readonly timeoutMs: number | null;
}

/**
 * Whoever else may serve a function: the agent upstream. Its jobs are asked for under the ids that it gave. Never throws. Null is the
 * answer where there is nobody to ask or the function is not served there either, which an agent of the field does not say by itself.
 */
export interface ElsewherePort {
  /** Every method but StreamJob. Aborting the signal is a caller that goes away. */
  pass(call: PassedCall, signal: AbortSignal): Promise<RawAnswer | null>;
  /**
   * StreamJob: each JobEvent as it comes, protobuf, the next one when onEvent has resolved; then how it ended, with no body.
   */
  read(
    call: PassedCall,
    onEvent: (event: Buffer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RawAnswer | null>;
}

export interface GatewayOptions {
  /** Where the shared port listens; the listeners of generations are on loopback in any case. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A taken port is an error; otherwise one of the next 50 is used, then any. */
  readonly portIsFixed: boolean;
  readonly clock: Clock;
  readonly attribute: Attribute;
  /** What the shared port serves TLS with; null: plain text. With `childTls` the listeners of generations serve it, too. */
  readonly tls: TlsMaterial | null;
  /** How services are dialled; null: plain text. */
  readonly childTls: TlsMaterial | null;
  /** What Describe answers on the shared port. */
  describe(): DescribeResponse;
  /** Takes what processes call through their own listeners and nobody here serves; without it such a call is NOT_FOUND. */
  readonly elsewhere?: ElsewherePort | null;
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
  /** An external service registered, also again, or was taken out. */
  onExternal?(change: 'registered' | 'removed', service: ExternalService): void;
}

export type OpenFailure =
  | { readonly reason: 'port-in-use'; readonly port: number }
  | { readonly reason: 'cannot-listen'; readonly message: string };

/** A local agent: game servers register here, callers call their functions. */
export interface Gateway {
  /** Of the shared port, `host:port`. */
  readonly address: string;
  /** Where a service has several instances, each is opened by itself; calls are spread over those that can take them. */
  openService(options: GateOptions, handlers: GateHandlers): ServiceGate;
  /** Forgets a service, with all of its instances, whose processes are gone; what still waits for it is answered. Its name can be opened again. */
  closeService(name: string): void;
  readonly calls: LocalCalls;
  /** Serves the shared port's methods at one more address. */
  listenAlso(host: string, port: number): Promise<Result<void, OpenFailure>>;
  externals(): readonly ExternalService[];
  /** What is routable now; one entry for each function of each service. */
  functions(): readonly RoutableFunction[];
  /** Answers what is held or under way with UNAVAILABLE and ends every connection. */
  close(): Promise<void>;
}
