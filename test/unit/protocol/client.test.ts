import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import {
  type ClientServiceServer,
  ClientServiceService,
  type FunctionServiceServer,
  FunctionServiceService,
} from '../../../src/protocol/gen/croupier/sdk/v1/sdk.js';

const CALL = { timeoutMs: 10_000 };
const REQUEST = { functionId: 'a', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };

async function serve(
  service: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): Promise<string> {
  const server = new Server();
  server.addService(service, implementation);
  onTestFinished(() => server.forceShutdown());
  return listen(server, 0);
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(`127.0.0.1:${bound}`) : reject(error),
    );
  });
}

function connect(address: string): AgentClient {
  const client = connectAgent(address);
  onTestFinished(() => client.close());
  return client;
}

test('an agent that serves the control calls under another name alone is found', async () => {
  const implementation: ClientServiceServer = {
    registerClient: (_call, respond) => respond(null, { sessionId: 's1' }),
    heartbeat: (_call, respond) => respond(null, {}),
    listClients: (_call, respond) => respond(null, { functions: [] }),
    getJobResult: (_call, respond) => respond(null, { state: 'done', payload: Buffer.from('1'), error: '' }),
  };
  const client = connect(await serve(ClientServiceService, implementation));
  const registration = { serviceId: 'a', version: '1', rpcAddr: '127.0.0.1:1', functions: [] };
  expect(await client.registerLocal(registration, CALL)).toEqual({ ok: true, value: { sessionId: 's1' } });
  expect(await client.heartbeat({ serviceId: 'a', sessionId: 's1' }, CALL)).toMatchObject({ ok: true });
  expect(await client.listLocal(CALL)).toEqual({ ok: true, value: { functions: [] } });
  expect(await client.getJobResult('j', CALL)).toMatchObject({ ok: true, value: { state: 'done' } });
});

test('a peer that serves the function calls under another name alone is found, for streams too', async () => {
  const implementation: FunctionServiceServer = {
    invoke: (_call, respond) => respond(null, { payload: Buffer.from('1') }),
    startJob: (_call, respond) => respond(null, { jobId: 'j' }),
    streamJob: (call) => {
      call.write({ type: 'done', message: '', progress: 100, payload: Buffer.alloc(0) });
      call.end();
    },
    cancelJob: (_call, respond) => respond(null, { jobId: 'j' }),
  };
  const address = await serve(FunctionServiceService, implementation);
  expect(await connect(address).invoke(REQUEST, CALL)).toMatchObject({ ok: true });
  const types: unknown[] = [];
  for await (const item of connect(address).streamJob('j', CALL)) types.push(item.ok && item.value.type);
  expect(types).toEqual(['done']);
});

test('a peer that serves none of them is UNIMPLEMENTED, for streams too', async () => {
  const client = connect(await listenEmpty());
  const unimplemented = { ok: false, error: { code: 12, codeName: 'UNIMPLEMENTED' } };
  expect(await client.invoke(REQUEST, CALL)).toMatchObject(unimplemented);
  const items: unknown[] = [];
  for await (const item of client.streamJob('j', CALL)) items.push(item);
  expect(items).toMatchObject([unimplemented]);
});

test('a closed client fails its calls and does not throw', async () => {
  const client = connect(await listenEmpty());
  client.close();
  expect(await client.listLocal(CALL)).toMatchObject({ ok: false, error: { codeName: 'CANCELLED' } });
  for await (const item of client.streamJob('j', CALL)) {
    expect(item).toMatchObject({ ok: false, error: { codeName: 'CANCELLED' } });
  }
});

test('a call is cancelled by its signal, before it is sent as well', async () => {
  const client = connect(await listenEmpty());
  const result = await client.listLocal({ ...CALL, signal: AbortSignal.abort() });
  expect(result).toMatchObject({ ok: false, error: { codeName: 'CANCELLED' } });
});

test('waitForReady() tells a listener that comes up from one that does not', async () => {
  const first = new Server();
  const address = await listen(first, 0);
  first.forceShutdown();
  const client = connect(address);
  expect(await client.waitForReady(50)).toBe(false);
  const states: string[] = [];
  client.onStateChange((state) => states.push(state));
  const ready = client.waitForReady(15_000);
  const second = new Server();
  onTestFinished(() => second.forceShutdown());
  await listen(second, Number(address.split(':')[1]));
  expect(await ready).toBe(true);
  expect(states).toContain('ready');
  client.close();
  expect(await client.waitForReady(15_000)).toBe(false);
});

async function listenEmpty(): Promise<string> {
  const server = new Server();
  onTestFinished(() => server.forceShutdown());
  return listen(server, 0);
}
