import cluster from 'node:cluster';
import { createServer } from 'node:net';

/** Whether `listen` would be a port that this process shares with others: the workers of a cluster get one port for all their zeros. */
export function sharesPort(listen: string): boolean {
  return cluster.isWorker && listen.endsWith(':0');
}

/** The same host (`host:0`) with a port that is free now and no other worker's. Rejects where the host cannot be listened on. */
export function findOwnPort(listen: string): Promise<string> {
  const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host, port: 0, exclusive: true }, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(listen.replace(/0$/, String(port))));
    });
  });
}
