import { type Client, connectivityState } from '@grpc/grpc-js';
import { assertNever } from '../core/failure.js';

export type ChannelState = 'idle' | 'connecting' | 'ready' | 'transient-failure' | 'shutdown';

type Channel = ReturnType<Client['getChannel']>;

export interface WatchedChannel {
  /** Calls back at every change of state; the returned function ends that. */
  onChange(listener: (state: ChannelState) => void): () => void;
  /** True as soon as the channel is connected; false when `timeoutMs` passed first or the watch was closed. */
  waitForReady(timeoutMs: number): Promise<boolean>;
  /** Ends the watch; the channel itself stays open. */
  close(): void;
}

/** Starts to connect at once and follows the channel's state until closed. */
export function watchChannel(channel: Channel): WatchedChannel {
  const listeners = new Set<(state: ChannelState) => void>();
  const waiting = new Set<(ready: boolean) => void>();
  let current = channel.getConnectivityState(true);
  let closed = false;

  function settleWaiting(ready: boolean): void {
    for (const resolve of waiting) resolve(ready);
  }

  function watch(): void {
    // An infinite deadline sets no timer, so the watch keeps no process alive.
    channel.watchConnectivityState(current, Number.POSITIVE_INFINITY, () => {
      if (closed) return;
      current = channel.getConnectivityState(false);
      if (current === connectivityState.SHUTDOWN) closed = true;
      if (current === connectivityState.READY) settleWaiting(true);
      for (const listener of listeners) listener(toChannelState(current));
      if (!closed) watch();
      // Whoever waits wants a connection, also after one was lost.
      if (!closed && waiting.size > 0 && current === connectivityState.IDLE)
        channel.getConnectivityState(true);
    });
  }
  watch();

  return {
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    waitForReady(timeoutMs) {
      if (closed) return Promise.resolve(false);
      if (channel.getConnectivityState(true) === connectivityState.READY) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => finish(false), timeoutMs);
        function finish(ready: boolean): void {
          clearTimeout(timer);
          waiting.delete(finish);
          resolve(ready);
        }
        waiting.add(finish);
      });
    },
    close() {
      closed = true;
      settleWaiting(false);
      listeners.clear();
    },
  };
}

function toChannelState(state: connectivityState): ChannelState {
  switch (state) {
    case connectivityState.IDLE:
      return 'idle';
    case connectivityState.CONNECTING:
      return 'connecting';
    case connectivityState.READY:
      return 'ready';
    case connectivityState.TRANSIENT_FAILURE:
      return 'transient-failure';
    case connectivityState.SHUTDOWN:
      return 'shutdown';
    default:
      return assertNever(state);
  }
}
