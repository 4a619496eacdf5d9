import type { ControlClient } from '../protocol/control-client.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { compressManifest, type Manifest } from './manifest.js';

/** For one manifest, which may be large; nothing waits for it. */
const TIMEOUT_MS = 3_000;

/** Keeps the manifest that one connection's peer has in step with ours. Servers without that call are left in peace. */
export class CapabilitiesSender {
  readonly #client: ControlClient;
  /** The peer has answered with a refusal; once for each manifest. */
  readonly #onRefused: (failure: RpcFailure) => void;
  /** What the peer took or refused last, as JSON. */
  #settled: string | null = null;
  #wanted: Manifest | null = null;
  #isSending = false;
  /** The peer has no such call, or the connection ends. */
  #isOver = false;

  constructor(client: ControlClient, onRefused: (failure: RpcFailure) => void) {
    this.#client = client;
    this.#onRefused = onRefused;
  }

  /** Sends the manifest if it differs from the last one, or if that could not be delivered. One at a time; the latest wins. */
  send(manifest: Manifest): void {
    this.#wanted = manifest;
    if (!this.#isSending) void this.#sendWanted();
  }

  /** The peer has lost what it had: the next manifest is sent in any case. */
  forget(): void {
    this.#settled = null;
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#isOver = true;
  }

  async #sendWanted(): Promise<void> {
    this.#isSending = true;
    for (;;) {
      const manifest = this.#wanted;
      const json = JSON.stringify(manifest);
      if (manifest === null || json === this.#settled || this.#isOver) break;
      this.#wanted = null;
      const failure = await this.#deliver(manifest, json);
      if (this.#isOver) break;
      if (failure !== null && isPassing(failure)) break;
      this.#settled = json;
      if (failure === null) continue;
      if (failure.code === STATUS_CODES.UNIMPLEMENTED) this.#isOver = true;
      else this.#onRefused(failure);
    }
    this.#isSending = false;
  }

  async #deliver(manifest: Manifest, json: string): Promise<RpcFailure | null> {
    const manifestJsonGz = await compressManifest(json);
    const answer = await this.#client.registerCapabilities(
      { provider: manifest.provider, manifestJsonGz },
      { timeoutMs: TIMEOUT_MS },
    );
    return answer.ok ? null : answer.error;
  }
}

/** It may go better at the next heartbeat. */
function isPassing(failure: RpcFailure): boolean {
  return (
    failure.code === STATUS_CODES.UNAVAILABLE ||
    failure.code === STATUS_CODES.DEADLINE_EXCEEDED ||
    failure.code === STATUS_CODES.CANCELLED
  );
}
