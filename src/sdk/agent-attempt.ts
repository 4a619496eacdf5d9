import type { AgentClient } from '../protocol/client.js';

/** One connection to the agent, from the first packet to its loss. */
export interface AgentAttempt {
  readonly client: AgentClient;
  /** Aborted when the attempt is over. */
  readonly over: AbortSignal;
  /** Resolves with why it is over. */
  readonly lost: Promise<string>;
  /** What the agent gave for the latest registration (can be empty); null: not registered. */
  sessionId: string | null;
  end(reason: string): void;
}

/** Begins to connect. `onConnected` is called once, unless it is over before. */
export function openAttempt(
  address: string,
  connect: (address: string) => AgentClient,
  onConnected: () => void,
): AgentAttempt {
  const client = connect(address);
  const over = new AbortController();
  let lose: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  const end = (reason: string) => {
    over.abort();
    lose(reason);
  };
  let connected = false;
  client.onStateChange((state) => {
    if (over.signal.aborted) return;
    if (state === 'ready') {
      connected = true;
      onConnected();
    } else if (connected) {
      end(`the connection to the agent at ${address} was lost`);
    }
  });
  return { client, over: over.signal, lost, sessionId: null, end };
}
