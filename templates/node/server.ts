import { createService } from 'croupier-cli/sdk';
import { registerPlayerFunctions } from './functions/player.ts';
import { createPlayerStore } from './functions/player-store.ts';
import { registerSeasonJobs } from './functions/season.ts';
import { registerServerFunctions } from './functions/server.ts';

const service = createService({ serviceId: 'game-server', version: '1.0.0' });
const players = createPlayerStore();

registerPlayerFunctions(service, players);
registerServerFunctions(service, players);
registerSeasonJobs(service, players);

service.on('registered', ({ functions }) => {
  console.log(`serving ${functions.join(', ')} on ${service.address}`);
});
service.on('disconnected', ({ reason, retryInMs }) => {
  console.log(`${reason}; next attempt in ${Math.round(retryInMs)} ms`);
});
service.on('error', (error) => console.error(error.message));

await service.connect();
