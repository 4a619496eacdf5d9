import type { CancelTimer, Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { type DialTarget, formatTarget } from '../protocol/address.js';
import type { CallOutcome, ChildCall, ChildCallHandlers } from '../protocol/child-call.js';
import { ChildChannel } from '../protocol/child-channel.js';
import type { TlsMaterial } from '../protocol/tls.js';
import { NO_METADATA, type WireMetadata } from '../protocol/wire-metadata.js';
import type { EndpointHandlers, FunctionEndpoint, FunctionRequest } from './endpoint.js';
import { FUNCTION_SERVICES, type FunctionServiceName, probeService } from './probe-service.js';
import { explainDials } from './unusable-address.js';

/** Pause before a connected child that did not answer the probe is probed again. */
const PROBE_AGAIN_MS = 100;

/**
 * One `rpc_addr` of one process: the connection, and the name under which functions are served there. Lives as long as somebody
 * retains it: registrations, calls under way and jobs.
 */
export class ChildEndpoint implements FunctionEndpoint {
  readonly #channel: ChildChannel;
  readonly #clock: Clock;
  readonly #handlers: EndpointHandlers;
  readonly #address: string;
  #service: FunctionServiceName | null = null;
  #isProbing = false;
  #cancelProbe: CancelTimer | null = null;
  #holders = 0;
  #waitingForReady: (() => void)[] = [];
  #closed = false;

  /** @param tls null: plain text */
  constructor(
    targets: readonly DialTarget[],
    tls: TlsMaterial | null,
    clock: Clock,
    handlers: EndpointHandlers,
  ) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#address = targets.map(formatTarget).join(' or ');
    this.#channel = new ChildChannel(targets, tls, clock, {
      onChange: () => this.#onChannelChange(),
      onRoom: () => this.#onReady(),
      onDialFailed: explainDials({
        tls,
        isWanted: () => !this.#closed && !this.#channel.isConnected,
        tell: (why) => this.#handlers.onNotice('warn', `${this.#address} cannot be called: ${why}`),
      }),
    });
  }

  /** The address answered at least once: it is known what is served there. */
  get isVerified(): boolean {
    return this.#service !== null;
  }

  /** A function can be called now. */
  get isReady(): boolean {
    return !this.#closed && this.#service !== null && this.#channel.hasRoom;
  }

  retain(): void {
    this.#holders += 1;
  }

  /** The last one to let go closes the connection. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0 || this.#closed) return;
    this.#closed = true;
    this.#cancelProbe?.();
    this.#channel.close();
    this.#handlers.onReleased();
  }

  /** Calls back once, as soon as isReady; never if the endpoint is destroyed before. */
  whenReady(listener: () => void): void {
    if (this.isReady) queueMicrotask(listener);
    else this.#waitingForReady.push(listener);
  }

  /** Probes again where nothing usable was found: the child registered again, so something may have changed. */
  refresh(): void {
    if (this.#service === null) this.#onChannelChange();
  }

  invoke(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall {
    return this.#channel.start({ ...request, path: this.#path('Invoke') }, handlers);
  }

  startJob(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall {
    return this.#channel.start({ ...request, path: this.#path('StartJob') }, handlers);
  }

  /** Waits for a free stream where the child limits them. */
  streamJob(message: Buffer, metadata: WireMetadata, handlers: ChildCallHandlers): ChildCall {
    const request = { message, metadata, timeoutMs: null, path: this.#path('StreamJob') };
    return this.#channel.startOrWait(request, handlers);
  }

  /** Waits for a free stream where the child limits them. */
  cancelJob(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall {
    return this.#channel.startOrWait({ ...request, path: this.#path('CancelJob') }, handlers);
  }

  /** A call that is none of a function. At the end of the time it is cancelled, and the outcome says so. */
  callUnary(path: string, message: Buffer, timeoutMs: number): Promise<CallOutcome> {
    return new Promise((resolve) => {
      const request = { path, message, metadata: NO_METADATA, timeoutMs };
      const call = this.#channel.startOrWait(request, {
        onOutcome(outcome) {
          cancelTimer();
          resolve(outcome);
        },
      });
      const cancelTimer = this.#clock.after(timeoutMs, () => call.cancel());
    });
  }

  /** Ends everything at once; what is under way is lost. */
  destroy(): void {
    this.#closed = true;
    this.#cancelProbe?.();
    this.#channel.destroy();
  }

  /** The process is gone: takes what it still sent, for at most `graceMs`, then ends everything. */
  async finish(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#cancelProbe?.();
    await this.#channel.finish(graceMs);
  }

  #path(method: string): string {
    return `/${this.#service ?? FUNCTION_SERVICES[0]}/${method}`;
  }

  #onChannelChange(): void {
    if (!this.#closed && this.#channel.isConnected && this.#service === null) void this.#probe();
    this.#handlers.onChange();
    this.#onReady();
  }

  #onReady(): void {
    if (!this.isReady) return;
    for (const listener of this.#waitingForReady.splice(0)) listener();
    this.#handlers.onRoom();
  }

  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const result = await probeService(this.#channel, this.#clock);
    this.#isProbing = false;
    if (this.#closed) return;
    switch (result.kind) {
      case 'serves':
        this.#service = result.service;
        this.#handlers.onChange();
        this.#onReady();
        return;
      case 'serves-none':
        this.#handlers.onNotice(
          'warn',
          `${this.#address} answers, but serves none of ${FUNCTION_SERVICES.join(', ')}: its functions cannot be called`,
        );
        return;
      case 'interrupted':
        // With the connection gone, the next one brings the next probe.
        this.#cancelProbe = this.#clock.after(PROBE_AGAIN_MS, () => {
          if (this.#channel.isConnected) void this.#probe();
        });
        return;
      default:
        assertNever(result);
    }
  }
}
