/**
 * `npm run soak:port -- --swaps 50 --connections 5000`: a stable port under all kinds of clients, one save after the other. Ends with
 * exit code 1 if a request, a download or a connection broke. A proxied connection takes two files of the runner: `ulimit -n`.
 */
import { parseArgs } from 'node:util';
import type { SwapStrategy } from '../../src/core/events.js';
import { freePort } from '../../src/process/ports.js';
import { median } from '../bench/statistics.js';
import { DevProcess, until } from '../support/dev-process.js';
import { Project } from '../support/project.js';
import { fetchText, IdleConnections, PortClients } from './port-clients.js';
import { readRunner } from './runner-figures.js';

const DOWNLOAD_BYTES = 100 * 1024 * 1024;
/** Every connection is used again after so many swaps. */
const ASK_EVERY = 10;

const { values } = parseArgs({
  options: {
    swaps: { type: 'string', default: '50' },
    connections: { type: 'string', default: '5000' },
  },
});
const swaps = Number(values.swaps);
const connections = Number(values.connections);
for (const strategy of ['overlap', 'stop-first'] as const) {
  if (!(await soak(strategy))) process.exitCode = 1;
}

/** True: nothing broke. */
async function soak(strategy: SwapStrategy): Promise<boolean> {
  const port = await freePort();
  const project = new Project({ 'server.js': server('v0'), 'package.json': '{ "name": "soak" }' });
  // A download or an upgraded connection may take its time on a busy machine.
  const drain = { calls: '60s' };
  project.config({
    command: 'node server.js',
    build: false,
    proxy: [{ listen: port }],
    restart: { strategy },
    drain,
  });
  const dev = DevProcess.start(project.folder);
  const idle = new IdleConnections(port);
  try {
    await dev.waitFor('reload.finished');
    await idle.open(connections);
    const clients = new PortClients(port, DOWNLOAD_BYTES);
    clients.start();
    const times: number[] = [];
    const broken: string[] = [];
    for (let swap = 1; swap <= swaps; swap++) {
      const mark = dev.mark();
      project.write('server.js', server(`v${swap}`));
      const finished = await dev.waitFor('reload.finished', () => true, mark);
      times.push(finished.ms.total);
      await until(`an answer by v${swap}`, async () => (await fetchText(port)) === `v${swap}`);
      if (swap % ASK_EVERY === 0) broken.push(...(await idle.ask(`v${swap}`)));
    }
    await clients.stop();
    const { residentMb } = readRunner(dev.pid);
    const { fresh, kept, downloads, upgraded } = clients.counts;
    const failures = [...clients.failures, ...broken];
    print(
      `${strategy}: ${swaps} swaps (median ${median(times).toFixed(0)} ms), ${connections} kept connections, ${fresh} fresh and ${kept} kept-alive requests,` +
        ` ${downloads} downloads of 100 MB, ${upgraded} upgraded connections; runner ${residentMb.toFixed(0)} MB; ${failures.length} broken`,
    );
    for (const failure of failures.slice(0, 10)) print(`  FAILED: ${failure}`);
    return failures.length === 0;
  } finally {
    idle.close();
    await dev.stop();
    project.remove();
  }
}

function server(version: string): string {
  return `const { createServer } = require('node:http');
const block = Buffer.alloc(64 * 1024, 'x');
const server = createServer({ keepAliveTimeout: 600000 }, (request, response) => {
  if (request.url !== '/download') return response.end('${version}');
  let left = ${DOWNLOAD_BYTES};
  response.writeHead(200, { 'content-length': String(left) });
  const send = () => {
    while (left > 0) {
      left -= block.length;
      if (!response.write(block)) return response.once('drain', send);
    }
    response.end();
  };
  send();
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: echo\\r\\nconnection: upgrade\\r\\n\\r\\n');
  socket.on('error', () => {});
  socket.pipe(socket);
});
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 });
process.on('SIGTERM', () => server.close(() => process.exit()));
`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
