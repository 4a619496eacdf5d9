/** What a test adds to the server of a project without an SDK. */
export interface HttpServerParts {
  /** What `GET /croupier/manifest.json` answers: the source of an expression; absent: 404. */
  readonly manifest?: string;
  /** Where it listens: the source of an expression. */
  readonly port?: string;
  /** Statements before it listens; `await passed(barrier)` is there. */
  readonly before?: string;
  /** Statements in the handler, before the functions: `path`, `body`, `request` and `response` are there. */
  readonly handle?: string;
}

/**
 * A game server on nothing but Node's HTTP server. `POST /functions/echo` answers after `delay` ms with who ran it, and each run is
 * appended to `EXECUTIONS`; `POST /functions/count` is a job whose events are an event stream. At SIGTERM it finishes what is under way.
 */
export function httpServer(version: string, parts: HttpServerParts = {}): string {
  return `import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';

const generation = Number(process.env.CROUPIER_GENERATION);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const passed = async (name) => {
  console.log('at ' + name);
  while (!existsSync(process.env.BARRIERS + '/' + name)) await sleep(5);
};
const read = async (request) => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
};
const json = (response, value, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};
const server = createServer(async (request, response) => {
  const path = request.url;
  const body = await read(request);
  ${parts.handle ?? ''}
  if (path === '/croupier/manifest.json' && ${parts.manifest !== undefined}) {
    response.end(${parts.manifest ?? "''"});
  } else if (path === '/functions/echo') {
    const { id, delay = 0, barrier } = JSON.parse(body);
    if (process.env.EXECUTIONS) appendFileSync(process.env.EXECUTIONS, id + ' ' + generation + '\\n');
    if (barrier) await passed(barrier);
    await sleep(delay);
    json(response, { id, generation, version: ${JSON.stringify(version)}, headers: request.headers });
  } else if (path === '/functions/count') {
    const { steps } = JSON.parse(body);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let step = 1; step <= steps; step++) {
      response.write('event: progress\\ndata: ' + JSON.stringify({ progress: (step / steps) * 100 }) + '\\n\\n');
      await sleep(5);
    }
    response.end('event: done\\ndata: ' + JSON.stringify({ payload: { generation, steps } }) + '\\n\\n');
  } else if (path === '/') {
    response.end(${JSON.stringify(version)});
  } else json(response, { error: 'nothing at ' + path }, 404);
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: echo\\r\\nconnection: upgrade\\r\\n\\r\\n' + ${JSON.stringify(version)});
  socket.on('error', () => {});
  socket.pipe(socket);
});
${parts.before ?? ''}
server.listen(${parts.port ?? 'process.env.PORT'}, '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
}
