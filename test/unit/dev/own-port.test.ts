import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { waitForPort } from '../../../src/dev/own-port.js';
import { freePort } from '../../../src/process/ports.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(port: number, host: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
}

const never = new AbortController().signal;

describe('the wait for a port', () => {
  it.each(['127.0.0.1', '::1'])('ends when somebody listens on %s, and says so', async (host) => {
    const port = await freePort();
    const found = waitForPort(port, systemClock, never, () => true);
    await listen(port, host);
    expect(await found).toBe(host);
  });

  it('ends when it is aborted, or nobody wants to know', async () => {
    const port = await freePort();
    const abort = new AbortController();
    const aborted = waitForPort(port, systemClock, abort.signal, () => true);
    let isWanted = true;
    const unwanted = waitForPort(port, systemClock, never, () => isWanted);
    abort.abort();
    isWanted = false;
    expect(await aborted).toBe(null);
    expect(await unwanted).toBe(null);
  });
});
