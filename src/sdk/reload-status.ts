/** `error`: so many attempts to reach the agent have failed that it is tried at each health check only. */
export type ConnectionStatus = 'connected' | 'disconnected' | 'reloading' | 'error';

/** How a service is doing, and what was reloaded since it was made. */
export interface ReloadStatus {
  readonly connectionStatus: ConnectionStatus;
  /** How often it was registered again after a loss of the agent. */
  readonly reconnectCount: number;
  /** null: never. */
  readonly lastReconnect: Date | null;
  /** Functions that were put in the place of others, added or removed without a restart. */
  readonly functionReloads: number;
  readonly configReloads: number;
  /** Reloads that changed nothing, because something in them failed. */
  readonly failedReloads: number;
  readonly functionsCount: number;
  readonly uptimeMs: number;
  /** What modules of earlier versions hold for ever, in bytes; past `restartBudget` a restart is asked for. */
  readonly leakedBytes: number;
}
