import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { type ControlClient, connectControl } from '../../../src/protocol/control-client.js';
import {
  ControlServiceService as ControlV1,
  type ControlServiceServer as ControlV1Server,
} from '../../../src/protocol/gen/croupier/control/v1/control.js';
import {
  type ControlServiceServer,
  type RegisterRequest,
  ControlServiceService as ServerV1,
  TunnelServiceService as TunnelOfServer,
} from '../../../src/protocol/gen/croupier/server/v1/server.js';
import {
  type TunnelMessage,
  TunnelServiceService as TunnelV1,
} from '../../../src/protocol/gen/croupier/tunnel/v1/tunnel.js';
import type { RpcFailure } from '../../../src/protocol/rpc.js';
import { type TunnelStream, tunnelFrame } from '../../../src/protocol/tunnel-stream.js';
import { createAuthority, tlsMaterial } from '../../support/certificates.js';

const CALL = { timeoutMs: 10_000 };
const HELLO = { agentId: 'a', gameId: 'g', env: 'e' };
const REGISTER: RegisterRequest = {
  agentId: 'a',
  version: '1',
  functions: [
    {
      id: 'f',
      version: '2',
      category: 'c',
      risk: 'low',
      entity: 'e',
      operation: 'o',
      enabled: true,
      tags: ['t'],
      inputSchema: '{}',
      outputSchema: '{}',
    },
  ],
  rpcAddr: '127.0.0.1:1',
  gameId: 'g',
  env: 'e',
  processes: [],
  ttlSeconds: 60,
  region: '',
  zone: '',
  labels: {},
};

type Tunnel = ServerDuplexStream<TunnelMessage, TunnelMessage>;

async function serve(
  services: readonly (readonly [ServiceDefinition, UntypedServiceImplementation])[],
  credentials = ServerCredentials.createInsecure(),
): Promise<string> {
  const server = new Server();
  for (const [service, implementation] of services) server.addService(service, implementation);
  onTestFinished(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return `127.0.0.1:${port}`;
}

function connect(address: string, tls: Parameters<typeof connectControl>[1] = null): ControlClient {
  const client = connectControl(address, tls);
  onTestFinished(() => client.close());
  return client;
}

/** An open tunnel, and a promise of its end. */
function openTunnel(client: ControlClient, onFrame: (frame: TunnelMessage) => void = () => undefined) {
  let drains = 0;
  let stream: TunnelStream | undefined;
  const ended = new Promise<RpcFailure | null>((resolve) => {
    stream = client.openTunnel(HELLO, {
      onFrame,
      onDrain: () => {
        drains += 1;
      },
      onEnd: resolve,
    });
  });
  if (stream === undefined) throw new Error('the tunnel was not opened');
  return { stream, ended, drains: () => drains };
}

test('the newer name is asked first, and carries everything', async () => {
  const seen: RegisterRequest[] = [];
  const implementation: ControlServiceServer = {
    register: (call, respond) => {
      seen.push(call.request);
      respond(null, { sessionId: 's', expireAt: 1_700_000_000 });
    },
    heartbeat: (_call, respond) => respond(null, {}),
    registerCapabilities: (_call, respond) => respond({ code: status.UNIMPLEMENTED }),
  };
  const client = connect(await serve([[ServerV1, implementation]]));
  expect(await client.register(REGISTER, CALL)).toEqual({
    ok: true,
    value: { sessionId: 's', expireAt: 1_700_000_000 },
  });
  expect(seen).toEqual([REGISTER]);
  expect(await client.heartbeat({ agentId: 'a', sessionId: 's' }, CALL)).toMatchObject({ ok: true });
  const request = { provider: undefined, manifestJsonGz: Buffer.alloc(0) };
  expect(await client.registerCapabilities(request, CALL)).toMatchObject({
    ok: false,
    error: { codeName: 'UNIMPLEMENTED' },
  });
});

test('the older name is found and remembered', async () => {
  const seen: unknown[] = [];
  const implementation: ControlV1Server = {
    register: (call, respond) => {
      seen.push(call.request);
      respond(null, { sessionId: '', expireAt: 0 });
    },
    heartbeat: (_call, respond) => respond(null, {}),
    registerCapabilities: (_call, respond) => respond(null, {}),
  };
  const client = connect(await serve([[ControlV1, implementation]]));
  expect(await client.register(REGISTER, CALL)).toEqual({ ok: true, value: { sessionId: '', expireAt: 0 } });
  expect(seen).toEqual([
    {
      agentId: 'a',
      version: '1',
      rpcAddr: '127.0.0.1:1',
      gameId: 'g',
      env: 'e',
      functions: [
        { id: 'f', version: '2', category: 'c', risk: 'low', entity: 'e', operation: 'o', enabled: true },
      ],
    },
  ]);
  const heartbeat = await client.heartbeat({ agentId: 'a', sessionId: '' }, CALL);
  expect(heartbeat).toMatchObject({ ok: true });
});

for (const [name, service] of [
  ['croupier.tunnel.v1', TunnelV1],
  ['croupier.server.v1', TunnelOfServer],
] as const) {
  test(`a tunnel under ${name} begins with the hello and carries frames both ways`, async () => {
    const seen: TunnelMessage[] = [];
    const open = (call: Tunnel) => {
      call.on('data', (frame: TunnelMessage) => {
        seen.push(frame);
        if (frame.type === 'hello') call.write(tunnelFrame('cancel_job', { cancel: { jobId: 'j' } }));
      });
      call.on('end', () => call.end());
    };
    const client = connect(await serve([[service, { open }]]));
    const answered = new Promise<TunnelMessage>((resolve) => {
      const { stream, ended } = openTunnel(client, (frame) => {
        stream.write(tunnelFrame('heartbeat'));
        stream.end();
        void ended.then((failure) => {
          expect(failure).toBeNull();
          resolve(frame);
        });
      });
    });
    expect((await answered).cancel).toEqual({ jobId: 'j' });
    expect(seen.map((frame) => frame.type)).toEqual(['hello', 'heartbeat']);
    expect(seen[0]?.hello).toEqual(HELLO);
  });
}

test('where no tunnel is served the end says so', async () => {
  const client = connect(await serve([]));
  expect(await openTunnel(client).ended).toMatchObject({ codeName: 'UNIMPLEMENTED' });
});

test('a tunnel of a closed client ends, and takes nothing', async () => {
  const client = connect(await serve([]));
  client.close();
  const { stream, ended } = openTunnel(client);
  expect(await ended).toMatchObject({ codeName: 'CANCELLED' });
  expect(stream.write(tunnelFrame('heartbeat'))).toBe(false);
  stream.end();
  stream.cancel();
});

test('a tunnel that is given up before it was opened ends once', async () => {
  const client = connect(await serve([]));
  const { stream, ended } = openTunnel(client);
  stream.cancel();
  expect(await ended).toBeNull();
});

test('a stream that the other side does not read says when to wait, and when there is room again', async () => {
  let read = (): void => undefined;
  let received = 0;
  const open = (call: Tunnel) => {
    call.on('data', () => {
      received += 1;
      if (received === 1) call.pause();
    });
    call.on('end', () => call.end());
    read = () => call.resume();
  };
  const client = connect(await serve([[TunnelV1, { open }]]));
  const { stream, ended, drains } = openTunnel(client);
  await expect.poll(() => received).toBe(1);
  const frame = tunnelFrame('job_event', {
    jobEvt: { jobId: 'j', type: 'log', message: 'x'.repeat(100_000), progress: 0, payload: Buffer.alloc(0) },
  });
  let written = 0;
  let confirmed = 0;
  while (stream.write(frame, () => (confirmed += 1))) {
    written += 1;
    expect(written).toBeLessThan(1_000);
  }
  expect(confirmed).toBeLessThan(written);
  read();
  await expect.poll(drains, { timeout: 10_000 }).toBeGreaterThan(0);
  stream.end();
  expect(await ended).toBeNull();
  expect(received).toBe(written + 2);
  expect(confirmed).toBe(written + 1);
});

test('with mTLS the calls and the tunnel go over a verified connection', async () => {
  const authority = createAuthority();
  const here = authority.issue({ names: ['localhost', '127.0.0.1'] });
  const ca = Buffer.from(authority.caPem);
  const pair = { private_key: Buffer.from(here.keyPem), cert_chain: Buffer.from(here.certPem) };
  const open = (call: Tunnel) => {
    call.once('data', () => call.end());
    call.on('data', () => undefined);
  };
  const implementation: ControlServiceServer = {
    register: (_call, respond) => respond(null, { sessionId: 's', expireAt: 0 }),
    heartbeat: (_call, respond) => respond(null, {}),
    registerCapabilities: (_call, respond) => respond(null, {}),
  };
  const address = await serve(
    [
      [ServerV1, implementation],
      [TunnelV1, { open }],
    ],
    ServerCredentials.createSsl(ca, [pair], true),
  );
  const mine = authority.issue({ names: ['agent'], client: true });
  const client = connect(address, tlsMaterial({ caPem: authority.caPem, ...mine }));
  expect(await client.register(REGISTER, CALL)).toMatchObject({ ok: true });
  expect(await openTunnel(client).ended).toBeNull();
  const stranger = connect(address, tlsMaterial({ caPem: authority.caPem }));
  expect(await stranger.register(REGISTER, CALL)).toMatchObject({ ok: false });
});
