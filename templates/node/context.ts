import type { PlayerStore } from './player-store.ts';

/** What the functions are given: it lives as long as the process, however often they are loaded again. */
export interface GameContext {
  readonly players: PlayerStore;
  /** Of the service, and which life of the process this is under croupier dev. */
  serverInfo(): { readonly version: string; readonly generation: number | null };
}
