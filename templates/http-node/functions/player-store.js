/**
 * @typedef {object} Ban
 * @property {string} reason
 * @property {Date | null} until null: for ever
 */

/**
 * @typedef {object} Player
 * @property {string} id
 * @property {string} name
 * @property {boolean} online
 * @property {number} wins
 * @property {number} losses
 * @property {number} rating
 * @property {Ban | null} ban
 */

/** @typedef {ReturnType<typeof createPlayerStore>} PlayerStore */

/** Where everybody begins a season. */
export const INITIAL_RATING = 1000;

/**
 * Players in memory: replace it with your database. Everything is lost when the process restarts.
 *
 * @param {Array<Pick<Player, 'id' | 'name' | 'wins' | 'losses'>>} seed
 */
export function createPlayerStore(seed = demoPlayers()) {
  /** @type {Map<string, Player>} */
  const players = new Map(
    seed.map((player) => [
      player.id,
      { ...player, online: player.wins > player.losses, rating: INITIAL_RATING, ban: null },
    ]),
  );

  return {
    /** @param {string} id */
    find: (id) => players.get(id) ?? null,
    all: () => [...players.values()],
    countOnline: () => [...players.values()].filter((player) => player.online).length,
    /**
     * Bans the player and takes them offline. A second ban replaces the first.
     *
     * @param {Player} player
     * @param {Ban} ban
     */
    ban(player, ban) {
      player.ban = ban;
      player.online = false;
    },
  };
}

/** Names and scores that look like a small game after its first evening. */
function demoPlayers() {
  const names = ['ada', 'brin', 'cato', 'dova', 'enzo', 'faye', 'goro', 'hana', 'ivo', 'juno'];
  return names.map((name, index) => ({
    id: String(index + 1),
    name,
    wins: (index * 7) % 20,
    losses: (index * 3) % 11,
  }));
}
