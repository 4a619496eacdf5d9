import { createService } from 'croupier-cli/sdk';
import type { GameContext } from './context.ts';
import { createPlayerStore } from './player-store.ts';

// What must outlive a reload of the functions is made here, and given to them.
const context: GameContext = {
  players: createPlayerStore(),
  serverInfo: () => ({ version: service.version, generation: service.generation }),
};

const service = createService({
  serviceId: 'game-server',
  version: '1.0.0',
  functions: 'functions',
  context,
  // Under `croupier dev` the runner watches; under nodemon (see nodemon.json) the service does so itself.
  watch: process.env.WATCH_FUNCTIONS === 'true',
});

service.on('registered', ({ functions }) => {
  console.log(`serving ${functions.join(', ')} on ${service.address}`);
});
service.on('disconnected', ({ reason, retryInMs }) => {
  const next = retryInMs === null ? 'not tried again' : `next attempt in ${Math.round(retryInMs)} ms`;
  console.log(`${reason}; ${next}`);
});
service.on('functionReloaded', ({ id, newVersion }) =>
  console.log(`reloaded ${id} ${newVersion ?? '(gone)'}`),
);
service.on('reloadFailed', ({ path, error }) => console.error(`${path} was not reloaded: ${error}`));
service.on('restartNeeded', ({ reason }) => console.log(`a restart is needed: ${reason}`));
service.on('error', (error) => console.error(error.message));

await service.connect();
