import { Flags } from './arguments.js';
import { run } from './program.js';
import { SERVER_FLAGS, SERVER_SWITCHES, serverOptionsOf } from './server-arguments.js';
import { createServer } from './standin-server.js';

// A server: `node --import tsx test/standins/server.ts --port 8443 --names control.v1`.
await run(createServer(serverOptionsOf(new Flags(process.argv.slice(2), SERVER_FLAGS, SERVER_SWITCHES))));
