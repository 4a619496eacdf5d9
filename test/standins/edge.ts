import { Flags } from './arguments.js';
import { run } from './program.js';
import { SERVER_FLAGS, SERVER_SWITCHES, serverOptionsOf } from './server-arguments.js';
import { createEdge, EDGE_DEFAULTS as defaults } from './standin-edge.js';

// An edge: `node --import tsx test/standins/edge.ts --port 9443 --tunnel server.v1 --fallback-dial`.
const flags = new Flags(
  process.argv.slice(2),
  [...SERVER_FLAGS, 'tunnel', 'result-ms'],
  [...SERVER_SWITCHES, 'fallback-dial'],
);
await run(
  createEdge({
    ...serverOptionsOf(flags),
    tunnel: flags.someOf('tunnel', ['tunnel.v1', 'server.v1'], defaults.tunnel),
    resultMs: flags.number('result-ms', defaults.resultMs),
    fallbackDial: flags.isOn('fallback-dial'),
  }),
);
