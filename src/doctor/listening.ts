import { createServer } from 'node:net';
import { listenerOwner, whoListens } from '../process/ports.js';

/** What would happen to somebody who listens on an address now. */
export type Listening =
  | { readonly can: true }
  /** Taken. `holder` is for people; null: it cannot be seen. `pids`: of those who listen, where they can be seen. */
  | {
      readonly can: false;
      readonly reason: 'taken';
      readonly holder: string | null;
      readonly pids: readonly number[];
    }
  /** `code` is the system's, such as `EACCES`. */
  | { readonly can: false; readonly reason: 'refused'; readonly code: string };

/** Listens for a moment, and on a port that is taken looks for who has it. */
export async function tryListening(host: string, port: number): Promise<Listening> {
  const code = await listenOnce(host, port);
  if (code === null) return { can: true };
  if (code !== 'EADDRINUSE') return { can: false, reason: 'refused', code };
  const [holder, pids] = await Promise.all([whoListens(port), listenerOwner({ host, port })]);
  return { can: false, reason: 'taken', holder, pids };
}

/** The system's error code; null: it worked. */
function listenOnce(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
