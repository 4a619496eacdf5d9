import { once } from 'node:events';
import { Agent, get, request as requestHttp } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DevProcess, runCroupier, until } from '../../support/dev-process.js';
import { httpServer } from './http-server.js';
import { eventsOf, pickPort, reloaded, Scenario } from './scenario.js';

let scenario: Scenario;
const sockets: Socket[] = [];

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  return scenario.close();
});

/** The stable port of a session that took any free one. */
async function stablePort(dev: DevProcess): Promise<number> {
  const leads = /^127\.0\.0\.1:(\d+) leads to the PORT of game$/;
  const { message } = await dev.waitFor('session.notice', (event) => leads.test(event.message));
  return Number(leads.exec(message)?.[1]);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request on a connection of its own, as curl makes it. */
function fetchOnce(port: number, path = '/', agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

/** A connection that has been upgraded, and what came on it. */
async function upgrade(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
  await until('it is upgraded', () => received.includes('101 Switching Protocols'));
  return { socket, received: () => received };
}

describe('a stable port', () => {
  it.each(['overlap', 'stop-first'] as const)(
    'refuses and breaks no request in 10 reloads by %s',
    async (strategy) => {
      scenario.save(httpServer('0'));
      scenario.config({ proxy: [{ listen: 0 }], restart: { strategy } });
      const { dev } = await scenario.running();
      const port = await stablePort(dev);
      const answers: Answer[] = [];
      const failures: unknown[] = [];
      let isOver = false;
      const loop = (async () => {
        while (!isOver) {
          try {
            answers.push(await fetchOnce(port));
          } catch (error) {
            failures.push(error);
          }
        }
      })();
      for (let edit = 1; edit <= 10; edit++) {
        const mark = dev.mark();
        scenario.save(httpServer(String(edit)));
        expect((await reloaded(dev, mark)).outcome).toBe('swapped');
        expect(await fetchOnce(port)).toEqual({ status: 200, text: String(edit) });
      }
      isOver = true;
      await loop;
      expect(failures).toEqual([]);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(answers.length).toBeGreaterThan(50);
    },
  );

  it('lets a kept-alive connection reach no old code', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: 0 }] });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await fetchOnce(port, '/', agent)).text).toBe('one');
    expect((await fetchOnce(port, '/', agent)).text).toBe('one');
    const [kept] = Object.values(agent.freeSockets).flatMap((one) => one ?? []);
    if (kept === undefined) throw new Error('no connection was kept');
    const mark = dev.mark();
    scenario.save(httpServer('two'));
    await dev.waitFor('generation.active', ({ generation }) => generation === 2, mark);
    expect((await fetchOnce(port, '/', agent)).text).toBe('two');
    // The connection itself stayed: a request on its way at that moment would not have been lost.
    expect(Object.values(agent.freeSockets).flat()).toEqual([kept]);
    agent.destroy();
  });

  it('holds requests while the next generation starts, and serves them then', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: 0 }], restart: { strategy: 'stop-first' } });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    const mark = dev.mark();
    scenario.save(httpServer('two', { before: "await passed('boot');" }));
    await scenario.reached(dev, 'boot', mark);
    let isOver = false;
    const held = fetchOnce(port).finally(() => {
      isOver = true;
    });
    // The session has had turns enough to refuse it, if it would.
    for (let count = 0; count < 3; count++) await (await scenario.caller(dev)).roundTrips();
    expect(isOver).toBe(false);
    scenario.open('boot');
    expect(await held).toEqual({ status: 200, text: 'two' });
  });

  it('answers with a sentence while there is nothing to serve', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: 0 }], restart: { strategy: 'stop-first' }, build: false });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    const mark = dev.mark();
    scenario.save('throw new Error("broken");');
    await dev.waitFor('generation.failed', () => true, mark);
    expect(await fetchOnce(port)).toEqual({
      status: 503,
      text: 'croupier: game: the new generation failed and there is no other to answer\n',
    });
    const next = dev.mark();
    scenario.save(httpServer('two'));
    await reloaded(dev, next);
    expect((await fetchOnce(port)).text).toBe('two');
  });

  it('leaves an upgraded connection alone until the drain is over', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: 0 }], drain: { calls: '4s' } });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    const { socket, received } = await upgrade(port);
    const mark = dev.mark();
    scenario.save(httpServer('two'));
    await reloaded(dev, mark);
    expect((await fetchOnce(port)).text).toBe('two');
    socket.write('still one');
    await until('it is sent back', () => received().endsWith('still one'));
    await once(socket, 'close');
    const told = await dev.waitFor('session.notice', ({ level }) => level === 'warn', mark);
    expect(told.message).toBe(
      '1 connection to generation 1 did not end within 4000 ms and had to be cut. More time: "drain": { "calls": "60s" }',
    );
    await dev.waitFor('generation.stopped', ({ generation }) => generation === 1, mark);
  });

  it('finishes a large download that a slow reader began before three reloads', async () => {
    const size = 32 * 1024 * 1024;
    const large = `if (path === '/large') {
      const block = Buffer.alloc(65536, 'x');
      response.writeHead(200, { 'content-length': ${size} });
      for (let left = ${size}; left > 0; left -= block.length)
        if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve));
      return response.end();
    }`;
    scenario.save(httpServer('one', { handle: large }));
    scenario.config({ proxy: [{ listen: 0 }], drain: { calls: '60s' } });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    let received = 0;
    const request = get({ host: '127.0.0.1', port, path: '/large', agent: false });
    const [response] = await once(request, 'response');
    const ended = once(response, 'end');
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await until('it has begun', () => received > 0);
    response.pause();
    for (const version of ['two', 'three', 'four']) {
      const mark = dev.mark();
      scenario.save(httpServer(version));
      await reloaded(dev, mark);
      expect((await fetchOnce(port)).text).toBe(version);
    }
    expect(received).toBeLessThan(size);
    response.resume();
    await ended;
    expect(received).toBe(size);
  });

  it('does not make the session wait for an upgraded connection at its end', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: 0 }], drain: { calls: '50s' } });
    const { dev } = await scenario.running();
    const { socket } = await upgrade(await stablePort(dev));
    const closed = once(socket, 'close');
    const began = performance.now();
    await dev.stop();
    await closed;
    expect(performance.now() - began).toBeLessThan(40_000);
  });

  it('lets a request finish that is under way at the end of the session', async () => {
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: 0 }] });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    const answer = new Promise<string>((resolve, reject) => {
      const request = requestHttp(
        { host: '127.0.0.1', port, path: '/functions/echo', method: 'POST' },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve(text));
        },
      );
      request.on('error', reject);
      request.end('{"id":"last","barrier":"end"}');
    });
    await scenario.reached(dev, 'end');
    const stopped = dev.stop();
    await dev.waitFor('generation.draining');
    scenario.open('end');
    expect(JSON.parse(await answer)).toMatchObject({ id: 'last', generation: 1 });
    await stopped;
  });
});

describe('what cannot work is said', () => {
  it('a port that somebody else has', async () => {
    const port = await pickPort();
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    scenario.save(httpServer('one'));
    scenario.config({ proxy: [{ listen: port }] });
    const { code, stderr } = await runCroupier(
      scenario.project.folder,
      ['dev', '--port', '0'],
      scenario.environment,
    );
    holder.close();
    expect(code).toBe(3);
    expect(stderr).toMatch(
      new RegExp(`^error: the proxy's port ${port} of game is taken by .*\\(pid ${process.pid}\\)`, 'm'),
    );
    expect(stderr).toContain('"proxy": [{ "listen": N }]');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('a server that listens elsewhere than on its PORT', async () => {
    scenario.save(httpServer('one', { port: '0' }));
    scenario.config({ proxy: [{ listen: 0 }], hold: { timeout: '100ms' } });
    const { dev } = await scenario.running();
    const port = await stablePort(dev);
    const { message } = await dev.waitFor('session.notice', ({ level }) => level === 'warn');
    expect(message).toMatch(
      /^the process listens on 127\.0\.0\.1:\d+ and not on its PORT \d+, so its stable port leads nowhere: /,
    );
    const answer = await fetchOnce(port);
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(
      /^croupier: game does not listen on its PORT \d+, and the connection could not wait longer/,
    );
    expect(eventsOf(dev, 'generation.active').length).toBe(1);
  });
});
