import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../../support/dev-process.js';

const generated = (path: string) =>
  JSON.stringify(pathToFileURL(join(REPOSITORY, 'dist', 'protocol', 'gen', 'croupier', path)).href);

/** PEM files of a game server: `ca` for those who dial it, and for the agent that it dials. */
export interface GameServerTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/**
 * A game server on grpc-js that serves TLS and asks its callers for a certificate. `echo` answers after `delay` ms. It registers in
 * plain text, or with TLS and its own certificate.
 */
export function tlsGameServer(
  version: string,
  files: GameServerTls,
  registersBy: 'plain text' | 'TLS',
): string {
  return `import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { LocalControlServiceClient } from ${generated('agent/local/v1/local.js')};
import { FunctionServiceService } from ${generated('function/v1/function.js')};

const { Server, ServerCredentials, credentials } = createRequire(${JSON.stringify(join(REPOSITORY, 'package.json'))})('@grpc/grpc-js');
const [ca, cert, key] = ${JSON.stringify([files.ca, files.cert, files.key])}.map((path) => readFileSync(path));
const server = new Server();
server.addService(FunctionServiceService, {
  invoke({ request }, answer) {
    const { id, delay = 0 } = JSON.parse(request.payload.toString());
    const payload = Buffer.from(JSON.stringify({ id, version: ${JSON.stringify(version)} }));
    setTimeout(() => answer(null, { payload }), delay);
  },
});
const own = ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
server.bindAsync('127.0.0.1:0', own, (error, port) => {
  if (error !== null) throw error;
  const toAgent = ${registersBy === 'TLS' ? 'credentials.createSsl(ca, key, cert)' : 'credentials.createInsecure()'};
  const agent = new LocalControlServiceClient(process.env.CROUPIER_AGENT_ADDR, toAgent);
  const functions = [{ id: 'echo', version: '1.0.0', tags: [] }];
  const registration = { serviceId: 'game', version: '1.0.0', rpcAddr: '127.0.0.1:' + port, functions };
  agent.registerLocal(registration, (failure) => {
    if (failure !== null) throw failure;
  });
});
`;
}
