export interface Ban {
  reason: string;
  /** null: for ever */
  until: Date | null;
}

export interface Player {
  readonly id: string;
  readonly name: string;
  online: boolean;
  wins: number;
  losses: number;
  rating: number;
  ban: Ban | null;
}

export type PlayerSeed = Pick<Player, 'id' | 'name' | 'wins' | 'losses'>;

export type PlayerStore = ReturnType<typeof createPlayerStore>;

/** Where everybody begins a season. */
export const INITIAL_RATING = 1000;

/** Players in memory: replace it with your database. Everything is lost when the process restarts. */
export function createPlayerStore(seed: readonly PlayerSeed[] = demoPlayers()) {
  const players = new Map(
    seed.map((player): [string, Player] => [
      player.id,
      { ...player, online: player.wins > player.losses, rating: INITIAL_RATING, ban: null },
    ]),
  );

  return {
    find: (id: string): Player | null => players.get(id) ?? null,
    all: (): Player[] => [...players.values()],
    countOnline: (): number => [...players.values()].filter((player) => player.online).length,
    /** Bans the player and takes them offline. A second ban replaces the first. */
    ban(player: Player, ban: Ban): void {
      player.ban = ban;
      player.online = false;
    },
  };
}

/** Names and scores that look like a small game after its first evening. */
function demoPlayers(): PlayerSeed[] {
  const names = ['ada', 'brin', 'cato', 'dova', 'enzo', 'faye', 'goro', 'hana', 'ivo', 'juno'];
  return names.map((name, index) => ({
    id: String(index + 1),
    name,
    wins: (index * 7) % 20,
    losses: (index * 3) % 11,
  }));
}
