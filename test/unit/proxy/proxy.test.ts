import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { openProxy } from '../../../src/proxy/proxy.js';
import { WAIT_LIMITS } from '../../../src/proxy/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { cleanUp, open, SlowAnswer, startHttp, startProxy, startTcp, until, untilStill } from './harness.js';

describe('waiting', () => {
  it('holds connections until a generation is routed, and then passes them on in order', async () => {
    const proxy = await startProxy();
    const order: string[] = [];
    const backend = await startTcp((socket) => {
      socket.once('data', (data) => {
        order.push(data.toString());
        socket.end('served');
      });
    });
    const clients = [];
    for (const name of ['first', 'second', 'third']) {
      const client = open(proxy);
      client.send(name);
      clients.push(client);
      await until(`${name} waits`, () => proxy.counters().waiting === clients.length);
    }
    expect(backend.accepted).toBe(0);
    proxy.route(1, backend.port);
    for (const client of clients) await client.sees('served');
    expect(order).toEqual(['first', 'second', 'third']);
    expect(proxy.counters()).toMatchObject({ accepted: 3, held: 3, refused: 0, waiting: 0 });
  });

  it('holds new connections again, and serves those that are under way', async () => {
    const proxy = await startProxy();
    const slow = new SlowAnswer();
    const one = await startHttp('one', { '/slow': slow.handle });
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await slow.reached();
    proxy.hold();
    const held = open(proxy);
    held.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('it waits', () => proxy.counters().waiting === 1);
    slow.finish('slow one');
    expect(await client.body()).toBe('slow one');
    const two = await startHttp('two');
    proxy.route(2, two.port);
    expect(await held.body()).toBe('two');
    expect(one.accepted).toBe(1);
  });

  it('refuses more connections than may wait, with a sentence where HTTP is spoken', async () => {
    const proxy = await startProxy({ limits: { connections: 1 } });
    open(proxy);
    await until('one waits', () => proxy.counters().waiting === 1);
    const http = open(proxy);
    http.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await http.sees('HTTP/1.1 503 Service Unavailable');
    expect(await http.body()).toBe(
      'croupier: game is being restarted, and no more than 1 connections can wait\n',
    );
    await until('it is ended', () => http.isEnded);
    const other = open(proxy);
    other.send('\x00\x01');
    await until('it is closed', () => other.isOver);
    expect(other.received).toBe('');
    expect(proxy.counters()).toMatchObject({ held: 3, refused: 2, waiting: 1 });
  });

  it('refuses what has waited for the whole time, and counts it once', async () => {
    const clock = new VirtualClock();
    const proxy = await startProxy({ clock });
    const client = open(proxy);
    client.send('POST /x HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}');
    await until('it waits', () => proxy.counters().waiting === 1);
    await clock.advance(29_999);
    expect(client.received).toBe('');
    await clock.advance(1);
    expect(await client.body()).toBe(
      'croupier: game is being restarted, and the connection could not wait longer than 30000 ms\n',
    );
    expect(proxy.counters()).toMatchObject({ held: 1, refused: 1, waiting: 0 });
  });

  it('refuses everything at once when the generation failed, until there is hope again', async () => {
    const proxy = await startProxy();
    const waiting = open(proxy);
    waiting.send('GET / HTTP/1.1\r\n\r\n');
    await until('it waits', () => proxy.counters().waiting === 1);
    proxy.fail('the new generation failed');
    expect(await waiting.body()).toBe('croupier: the new generation failed\n');
    expect(await open(proxy).request()).toBe('croupier: the new generation failed\n');
    proxy.hold();
    const hopeful = open(proxy);
    hopeful.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('it waits', () => proxy.counters().waiting === 1);
    proxy.route(2, (await startHttp('two')).port);
    expect(await hopeful.body()).toBe('two');
  });

  it('holds a connection again that the generation refused, and tries until it is taken', async () => {
    const proxy = await startProxy();
    const gone = await startHttp('gone');
    await gone.crash();
    proxy.route(1, gone.port);
    const client = open(proxy);
    client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('it waits', () => proxy.counters().waiting === 1);
    const backend = await startHttp('back');
    proxy.route(2, backend.port);
    expect(await client.body()).toBe('back');
    expect(proxy.counters()).toMatchObject({ held: 1, refused: 0 });
  });

  it('forgets a client that went away while it waited', async () => {
    const proxy = await startProxy();
    const client = open(proxy);
    await until('it waits', () => proxy.counters().waiting === 1);
    client.socket.end();
    await until('it is forgotten', () => proxy.counters().open === 0);
    expect(proxy.counters().waiting).toBe(0);
  });
});

describe('a switch', () => {
  it('takes an idle kept-alive connection from the old generation: the next request on it goes to the new one', async () => {
    const proxy = await startProxy();
    const [one, two] = [await startHttp('one'), await startHttp('two')];
    proxy.route(1, one.port);
    const client = open(proxy);
    expect(await client.request()).toBe('one');
    expect(await client.request()).toBe('one');
    expect(one.accepted).toBe(1);
    proxy.route(2, two.port);
    await until('the old one has no connection', () => one.sockets.size === 0);
    expect(client.isEnded).toBe(false);
    expect(two.accepted).toBe(0);
    expect(await client.request()).toBe('two');
    expect(await client.request()).toBe('two');
    expect(two.accepted).toBe(1);
  });

  it('an idle connection waits only when it asks for something, and closes quietly when its client does', async () => {
    const proxy = await startProxy();
    const [one, two] = [await startHttp('one'), await startHttp('two')];
    proxy.route(1, one.port);
    const [client, other] = [open(proxy), open(proxy)];
    await client.request();
    await other.request();
    proxy.hold();
    await until('the old one has no connection', () => one.sockets.size === 0);
    expect(proxy.counters()).toMatchObject({ open: 2, waiting: 0, held: 0 });
    other.socket.end();
    await until('it is forgotten', () => proxy.counters().open === 1);
    const answer = client.request();
    await until('it waits', () => proxy.counters().waiting === 1);
    proxy.route(2, two.port);
    expect(await answer).toBe('two');
    expect(proxy.counters()).toMatchObject({ held: 1, refused: 0 });
  });

  it('takes a kept-alive connection from the old generation after the answer that was under way', async () => {
    const proxy = await startProxy();
    let finish = (): void => undefined;
    const one = await startHttp('one', {
      '/slow': (_request, response) => {
        response.writeHead(200, { 'content-length': '8' });
        response.write('slow ');
        finish = () => response.end('one');
      },
    });
    const two = await startHttp('two');
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.sees('slow ');
    proxy.route(2, two.port);
    const drained = proxy.drain(1, 10_000);
    finish();
    expect(await client.body()).toBe('slow one');
    expect(await drained).toMatchObject({ complete: true, cut: 0 });
  });

  it('sends a next request that came ahead of the answer to the new generation', async () => {
    const proxy = await startProxy();
    const slow = new SlowAnswer();
    const one = await startHttp('one', { '/slow': slow.handle });
    const two = await startHttp('two');
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await slow.reached();
    proxy.route(2, two.port);
    client.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    // Whatever passes at all has passed by the time that another connection was served.
    expect(await open(proxy).request()).toBe('two');
    slow.finish('slow one');
    expect(await client.body()).toBe('slow one');
    expect(await client.body()).toBe('two');
    expect(await client.request()).toBe('two');
  });

  it('lets a request body that has begun go where it began', async () => {
    const proxy = await startProxy();
    const [one, two] = [await startHttp('one'), await startHttp('two')];
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab');
    await until('it has begun', () => one.accepted === 1);
    await until('it has arrived', () => [...one.sockets].some((socket) => socket.bytesRead > 0));
    proxy.route(2, two.port);
    client.send('cd');
    expect(await client.body()).toBe('one');
    expect(await client.request()).toBe('two');
  });

  it('moves a connection on which nothing was said yet', async () => {
    const proxy = await startProxy();
    const [one, two] = [await startHttp('one'), await startHttp('two')];
    proxy.route(1, one.port);
    const client = open(proxy);
    await until('it is with the old one', () => one.sockets.size === 1);
    proxy.route(2, two.port);
    expect(await client.request()).toBe('two');
    await until('it has left the old one', () => one.sockets.size === 0);
  });

  it('leaves an upgraded connection alone until the time of the drain is over', async () => {
    const clock = new VirtualClock();
    const proxy = await startProxy({ clock });
    const [one, two] = [await startHttp('one'), await startHttp('two')];
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    await client.sees('one\n');
    proxy.route(2, two.port);
    const drained = proxy.drain(1, 10_000);
    await clock.advance(9_999);
    client.send('still here');
    await client.sees('still here');
    expect(client.isOver).toBe(false);
    await clock.advance(1);
    expect(await drained).toEqual({ complete: false, cut: 1, ms: 10_000 });
    await until('it is cut', () => client.isOver);
    expect(proxy.counters().cut).toBe(1);
  });

  it('sends what a client says before its upgrade is confirmed where the upgrade is', async () => {
    const proxy = await startProxy();
    let confirm = (): void => undefined;
    const one = await startTcp((socket) => {
      socket.once('data', () => {
        socket.pipe(socket);
        confirm = () => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\n\r\n');
      });
    });
    const two = await startHttp('two');
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    await until('it is under way', () => [...one.sockets].some((socket) => socket.bytesRead > 0));
    proxy.route(2, two.port);
    client.send('GET is no request here');
    expect(await open(proxy).request()).toBe('two');
    confirm();
    await client.sees('GET is no request here');
    expect(two.accepted).toBe(1);
  });

  it('leaves a connection alone whose protocol it does not know', async () => {
    const proxy = await startProxy();
    const one = await startTcp((socket) => {
      socket.write('220 one\r\n');
      socket.pipe(socket);
    });
    const two = await startTcp((socket) => socket.end('two'));
    proxy.route(1, one.port);
    const client = open(proxy);
    await client.sees('220 one');
    proxy.route(2, two.port);
    client.send('EHLO there\r\n');
    await client.sees('EHLO there');
    await open(proxy).sees('two');
    expect(client.isOver).toBe(false);
    expect(proxy.connections(1)).toBe(1);
  });

  it('takes connections back that were to leave, when their generation is routed again', async () => {
    const proxy = await startProxy();
    const slow = new SlowAnswer();
    const one = await startHttp('one', { '/slow': slow.handle });
    const two = await startHttp('two');
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await slow.reached();
    proxy.route(2, two.port);
    const drained = proxy.drain(1, 60_000);
    proxy.route(1, one.port);
    expect(await drained).toMatchObject({ complete: false, cut: 0 });
    slow.finish('slow one');
    expect(await client.body()).toBe('slow one');
    expect(await client.request()).toBe('one');
    expect(one.accepted).toBe(1);
  });

  it('resets an HTTP answer that the end of the drain interrupts', async () => {
    const proxy = await startProxy();
    const one = await startHttp('one', { '/endless': (_request, response) => response.write('some') });
    proxy.route(1, one.port);
    const client = open(proxy);
    client.send('GET /endless HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.sees('some');
    proxy.hold();
    expect(await proxy.drain(1, 0)).toMatchObject({ complete: false, cut: 1 });
    await until('it is reset', () => client.error === 'ECONNRESET');
    await until('the process sees it', () => one.sockets.size === 0);
  });
});

describe('a connection', () => {
  it('passes the end of either side on, and what the other still says', async () => {
    const proxy = await startProxy();
    let heard = '';
    const backend = await startTcp((socket) => {
      socket.on('data', (data) => {
        heard += data.toString();
      });
      socket.on('end', () => {
        socket.write('heard all');
        socket.end();
      });
    });
    proxy.route(1, backend.port);
    const client = open(proxy);
    client.send('one, ');
    client.socket.end('two');
    await client.sees('heard all');
    await until('it is ended', () => client.isEnded);
    expect(heard).toBe('one, two');
    await until('nothing is left', () => proxy.counters().open === 0 && backend.sockets.size === 0);
  });

  it('passes the end of a client on that sent everything while it waited', async () => {
    const proxy = await startProxy();
    const client = open(proxy);
    client.socket.end('all of it');
    await until('it waits', () => proxy.counters().waiting === 1);
    const backend = await startTcp((socket) => socket.pipe(socket));
    proxy.route(1, backend.port);
    await client.sees('all of it');
    await until('it is ended', () => client.isEnded);
  });

  it('lets the server end first while the client goes on', async () => {
    const proxy = await startProxy();
    let heard = '';
    const backend = await startTcp((socket) => {
      socket.end('bye');
      socket.on('data', (data) => {
        heard += data.toString();
      });
    });
    proxy.route(1, backend.port);
    const client = open(proxy);
    await until('the end came', () => client.isEnded);
    client.send('one more thing');
    await until('it is heard', () => heard === 'one more thing');
    client.socket.end();
    await until('nothing is left', () => proxy.counters().open === 0 && backend.sockets.size === 0);
  });

  it('tells the process at once when a client goes away in the middle', async () => {
    const proxy = await startProxy();
    const backend = await startTcp((socket) => socket.write('hello'));
    proxy.route(1, backend.port);
    const client = open(proxy);
    await client.sees('hello');
    client.socket.resetAndDestroy();
    // It keeps its own side open when the other is merely ended.
    await until('the process sees it', () => backend.sockets.size === 0);
  });

  it('breaks when the process crashes, and what comes after waits', async () => {
    const proxy = await startProxy();
    const backend = await startHttp('one', { '/slow': (_request, response) => response.write('x') });
    proxy.route(1, backend.port);
    const client = open(proxy);
    client.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('it has begun', () => client.received.endsWith('x\r\n'));
    await backend.crash();
    await until('it is broken', () => client.error === 'ECONNRESET');
    proxy.gone(1);
    const next = open(proxy);
    next.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('it waits', () => proxy.counters().waiting === 1);
    proxy.route(2, (await startHttp('two')).port);
    expect(await next.body()).toBe('two');
  });

  it('passes a large download to a slow reader across switches, and keeps little of it', async () => {
    const size = 50 * 1024 * 1024;
    const proxy = await startProxy();
    const block = Buffer.alloc(64 * 1024, 'x');
    let left = size;
    const backend = await startHttp('one', {
      '/large': (_request, response) => {
        response.writeHead(200, { 'content-length': String(size) });
        const send = (): void => {
          while (left > 0) {
            left -= block.length;
            if (!response.write(block)) {
              response.once('drain', send);
              return;
            }
          }
          response.end();
        };
        send();
      },
    });
    proxy.route(1, backend.port);
    const client = open(proxy);
    let received = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (text: string) => {
      received += text.length;
    });
    client.send('GET /large HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('it has begun', () => received > 0);
    client.socket.pause();
    await untilStill(() => left);
    // What is on its way is in buffers of the system, four of some MB.
    expect(left).toBeGreaterThan(size / 4);
    const others = [await startHttp('two'), await startHttp('three')];
    for (const [index, other] of others.entries()) proxy.route(index + 2, other.port);
    const drained = proxy.drain(1, 60_000);
    expect(await open(proxy).request()).toBe('three');
    client.socket.resume();
    await until('all of it came', () => received > size);
    expect(await drained).toMatchObject({ complete: true, cut: 0 });
    expect(client.error).toBe(null);
  });

  it('passes a large upload to a slow process, and keeps little of it', async () => {
    const proxy = await startProxy();
    let received = 0;
    let resume = (): void => undefined;
    const backend = await startTcp((socket) => {
      socket.pause();
      socket.on('data', (data) => {
        received += data.length;
      });
      resume = () => socket.resume();
    });
    proxy.route(1, backend.port);
    const client = open(proxy);
    const size = 50 * 1024 * 1024;
    const block = Buffer.alloc(64 * 1024, 'x');
    let left = size;
    const send = (): void => {
      while (left > 0) {
        left -= block.length;
        if (!client.socket.write(block)) {
          client.socket.once('drain', send);
          return;
        }
      }
      client.socket.end();
    };
    send();
    await until('it is with the process', () => backend.sockets.size === 1);
    await untilStill(() => left);
    expect(left).toBeGreaterThan(size / 4);
    resume();
    await until('all of it came', () => received === size);
  });

  it('carries 2,000 at once through a switch', async () => {
    const proxy = await startProxy({ limits: { connections: 2000 } });
    const clients = Array.from({ length: 2000 }, () => open(proxy));
    for (const client of clients) client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await until('all wait', () => proxy.counters().waiting === 2000);
    const [one, two] = [await startHttp('one'), await startHttp('two')];
    proxy.route(1, one.port);
    for (const client of clients) expect(await client.body()).toBe('one');
    proxy.route(2, two.port);
    expect(await proxy.drain(1, 10_000)).toMatchObject({ complete: true, cut: 0 });
    for (const client of clients) client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    for (const client of clients) expect(await client.body()).toBe('two');
    expect(clients.filter((client) => client.isEnded || client.error !== null)).toEqual([]);
  });
});

describe('a loop of requests across 50 switches', () => {
  it.each(['fresh', 'kept-alive'] as const)('loses none, on %s connections', async (kind) => {
    const proxy = await startProxy();
    const backends = [
      { name: 'even', process: await startHttp('even') },
      { name: 'odd', process: await startHttp('odd') },
    ];
    const at = (generation: number) => backends[generation % 2] ?? backends[0];
    const route = (generation: number) => proxy.route(generation, at(generation)?.process.port ?? 0);
    route(0);
    let client = open(proxy);
    let answers = 0;
    for (let generation = 1; generation <= 50; generation++) {
      expect(await client.request()).toBe(at(generation - 1)?.name);
      if (kind === 'fresh') client = open(proxy);
      // What was written is there, and is read before anything is closed for being idle.
      client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      if (generation % 3 === 0) {
        proxy.hold();
        setImmediate(() => route(generation));
      } else {
        route(generation);
      }
      const answer = await client.body();
      answers += 2;
      if (answer === at(generation)?.name) continue;
      // The old generation had it already: then its connection ends here.
      expect(answer).toBe(at(generation - 1)?.name);
      await until('it is closed', () => client.isEnded);
      client = open(proxy);
    }
    expect(answers).toBe(100);
    expect(proxy.counters()).toMatchObject({ refused: 0, cut: 0 });
  });
});

describe('the end of a session', () => {
  it('ends at once what speaks no HTTP, refuses what comes, and lets answers end that are under way', async () => {
    const proxy = await startProxy();
    const slow = new SlowAnswer();
    const one = await startHttp('one', { '/slow': slow.handle });
    proxy.route(1, one.port);
    const upgraded = open(proxy);
    upgraded.send('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    await upgraded.sees('one\n');
    const client = open(proxy);
    client.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await slow.reached();
    proxy.windDown();
    await until('it is ended', () => upgraded.isOver);
    expect(await open(proxy).request()).toBe('croupier: the session of game is ending\n');
    const drained = proxy.drain(1, 10_000);
    slow.finish('slow one');
    expect(await client.body()).toBe('slow one');
    expect(await drained).toMatchObject({ complete: true, cut: 0 });
  });
});

describe('a port', () => {
  it('that is taken is said to be', async () => {
    const taken = await startProxy();
    const opened = await openProxy({
      name: 'game',
      host: '127.0.0.1',
      port: taken.port,
      clock: systemClock,
      limits: WAIT_LIMITS,
    });
    expect(opened).toEqual({ ok: false, error: { reason: 'port-in-use', port: taken.port } });
  });

  it('is free again after close, which ends what waits with a sentence and what is under way', async () => {
    const proxy = await startProxy();
    const backend = await startTcp((socket) => socket.write('hello'));
    proxy.route(1, backend.port);
    const served = open(proxy);
    await served.sees('hello');
    proxy.hold();
    const waiting = open(proxy);
    waiting.send('GET / HTTP/1.1\r\n\r\n');
    await until('it waits', () => proxy.counters().waiting === 1);
    await proxy.close();
    expect(await waiting.body()).toBe('croupier: the session of game is ending\n');
    await until('it is ended', () => served.isOver);
    const again = await openProxy({
      name: 'game',
      host: '127.0.0.1',
      port: proxy.port,
      clock: systemClock,
      limits: WAIT_LIMITS,
    });
    expect(again.ok).toBe(true);
    if (again.ok) cleanUp(() => again.value.close());
  });
});

describe('several generations', () => {
  it('get connections in turn', async () => {
    const proxy = await startProxy();
    const one = await startHttp('one');
    const two = await startHttp('two');
    proxy.routeAmong([
      { generation: 1, port: one.port },
      { generation: 2, port: two.port },
    ]);
    const bodies = [];
    for (let number = 0; number < 4; number++) {
      const client = open(proxy);
      client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      bodies.push(await client.body());
    }
    expect(bodies).toEqual(['one', 'two', 'one', 'two']);
  });

  it('take what one that is drained, or gone, leaves', async () => {
    const proxy = await startProxy();
    const one = await startHttp('one');
    const two = await startHttp('two');
    const three = await startHttp('three');
    proxy.routeAmong([
      { generation: 1, port: one.port },
      { generation: 2, port: two.port },
      { generation: 3, port: three.port },
    ]);
    expect(await proxy.drain(1, 5000)).toMatchObject({ complete: true });
    proxy.gone(3);
    for (let number = 0; number < 3; number++) {
      const client = open(proxy);
      client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      expect(await client.body()).toBe('two');
    }
    proxy.gone(2);
    open(proxy);
    await until('it waits', () => proxy.counters().waiting === 1);
  });

  it('are tried in turn where one refuses', async () => {
    const proxy = await startProxy();
    const dead = await startHttp('dead');
    const { port } = dead;
    await dead.crash();
    const two = await startHttp('two');
    proxy.routeAmong([
      { generation: 1, port },
      { generation: 2, port: two.port },
    ]);
    for (let number = 0; number < 3; number++) {
      const client = open(proxy);
      client.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      expect(await client.body()).toBe('two');
    }
  });
});
