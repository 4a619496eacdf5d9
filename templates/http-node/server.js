import { createServer } from 'node:http';
import { playerFunctions } from './functions/player.js';
import { createPlayerStore } from './functions/player-store.js';
import { seasonFunctions } from './functions/season.js';
import { serverFunctions } from './functions/server.js';
import { serveFunctions } from './serve-functions.js';

/** Calls under way may take this long when the process is asked to end, in ms. */
const SHUTDOWN_MS = 30_000;

const host = process.env.HOST ?? '127.0.0.1';
const port = Number(process.env.PORT ?? 8000);

const players = createPlayerStore();
const server = createServer(
  serveFunctions([...playerFunctions(players), ...serverFunctions(players), ...seasonFunctions(players)]),
);

server.listen(port, host, () => console.log(`serving functions on http://${host}:${port}`));
server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, shutDown);

/** Takes no new connection, finishes what is under way, and then ends the process: nothing keeps it alive any more. */
function shutDown() {
  // A caller keeps its connection open when it has its answer: then it is idle, and can go.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  server.close(() => clearInterval(sweep));
  setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS).unref();
}
