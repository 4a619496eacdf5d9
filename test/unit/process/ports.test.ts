import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, listenerOwner, whoListens } from '../../../src/process/ports.js';

it('gives free ports, no two alike', async () => {
  const ports = await Promise.all(Array.from({ length: 30 }, freePort));
  expect(new Set(ports).size).toBe(30);
  for (const port of ports.slice(0, 3)) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  }
});

it('names ourselves as the one who listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await whoListens(port)).toMatch(new RegExp(`^node.* \\(pid ${process.pid}\\)$`));
  expect(await listenerOwner({ host: '127.0.0.1', port })).toContain(process.pid);
  server.close();
  await once(server, 'close');
  expect(await whoListens(port)).toBeNull();
});
