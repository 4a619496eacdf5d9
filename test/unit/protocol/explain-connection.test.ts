import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { explainConnection } from '../../../src/protocol/explain-connection.js';
import { openRawServer } from '../../../src/protocol/raw-server.js';
import type { TlsMaterial } from '../../../src/protocol/tls.js';
import {
  createAuthority,
  createSelfSigned,
  type Issued,
  type IssueOptions,
  tlsMaterial,
} from '../../support/certificates.js';

const HOST = '127.0.0.1';
/** Long enough for a busy machine; only peers that are silent use it up. */
const TIMEOUT_MS = 20_000;
const SILENT_TIMEOUT_MS = 400;

const authority = createAuthority();
const trusting = tlsMaterial({ caPem: authority.caPem });

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server.address());
}

async function serveGrpc(tls: TlsMaterial | null): Promise<number> {
  const opened = await openRawServer({ host: HOST, port: 0, methods: [], tls });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  onTestFinished(() => opened.value.close(0));
  return opened.value.port;
}

function serveWith(options: Partial<IssueOptions>): Promise<number> {
  return serveGrpc(tlsMaterial(authority.issue({ names: [HOST], ...options })));
}

function explain(port: number, tls: TlsMaterial | null, timeoutMs = TIMEOUT_MS): Promise<string | null> {
  return explainConnection({ host: HOST, port }, tls, timeoutMs);
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const port = portOf(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('nothing is found wrong', () => {
  test('with plain text', async () => {
    expect(await explain(await serveGrpc(null), null)).toBe(null);
  });

  test('with TLS, and Node has nothing to warn about', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    expect(await explain(await serveWith({}), trusting)).toBe(null);
    expect(warnings).toEqual([]);
  });

  test('with a certificate for localhost where a loopback address is dialled', async () => {
    expect(await explain(await serveWith({ names: ['localhost'] }), trusting)).toBe(null);
  });

  test('with a certificate for the server name that is set', async () => {
    const port = await serveWith({ names: ['agent.example'] });
    expect(await explain(port, { ...trusting, serverName: 'agent.example' })).toBe(null);
  });

  test('with a client certificate that is asked for', async () => {
    const server = authority.issue({ names: [HOST] });
    const port = await serveGrpc(tlsMaterial({ caPem: authority.caPem, ...server }));
    const client = authority.issue({ names: ['us'], client: true });
    expect(await explain(port, tlsMaterial({ caPem: authority.caPem, ...client }))).toBe(null);
  });

  test('with a self-signed certificate that is trusted', async () => {
    const issued = createSelfSigned({ names: [HOST] });
    expect(await explain(await serveGrpc(tlsMaterial(issued)), tlsMaterial({ caPem: issued.certPem }))).toBe(
      null,
    );
  });
});

describe.each([
  ['plain text', null],
  ['TLS', trusting],
])('with %s configured', (_name, tls) => {
  test('nothing listens', async () => {
    const port = await freePort();
    expect(await explain(port, tls)).toBe(`nothing listens on port ${port} of ${HOST}`);
  });

  test('the host is not found', async () => {
    const why = await explainConnection({ host: 'nowhere.invalid', port: 1 }, tls, TIMEOUT_MS);
    // Without any name server the second is the truth.
    expect(why).toMatch(/^the host nowhere\.invalid (was not found|could not be looked up)/);
  });

  test('a peer that never answers costs the given time and no more', async () => {
    const port = await listen(createTcpServer());
    const startedAt = performance.now();
    const why = await explain(port, tls, SILENT_TIMEOUT_MS);
    // The time that was given, and not what was measured: whoever tells only what is new compares the sentences.
    expect(why).toMatch(/^it accepts connections but did not answer .*within 400 ms$/);
    expect(performance.now() - startedAt).toBeGreaterThan(SILENT_TIMEOUT_MS * 0.9);
  });
});

describe('with plain text configured', () => {
  test.each([
    ['an agent', async () => serveWith({})],
    [
      'one that asks for a client certificate',
      async () => serveGrpc(tlsMaterial({ caPem: authority.caPem, ...authority.issue({ names: [HOST] }) })),
    ],
    [
      'one that answers plain text with an error page',
      async () => {
        const { certPem, keyPem } = authority.issue({ names: [HOST] });
        const secure = await listen(createTlsServer({ cert: certPem, key: keyPem, ALPNProtocols: ['h2'] }));
        return listen(createTcpServer((socket) => passOrComplain(socket, secure)));
      },
    ],
  ])('the peer speaks TLS: %s', async (_name, serve) => {
    expect(await explain(await serve(), null)).toBe(
      'it speaks TLS, but plain text was configured: set "tls": { "ca": "<its authority>.pem" }',
    );
  });

  test('the key of the configuration is the one that is given', async () => {
    const port = await serveWith({});
    expect(await explainConnection({ host: HOST, port }, null, TIMEOUT_MS, 'childTls')).toContain(
      'set "childTls": { "ca"',
    );
  });

  test('where a command is given the files by flags, those are told', async () => {
    const port = await serveWith({ names: ['agent.example'] });
    const byFlags = (tls: TlsMaterial | null) =>
      explainConnection({ host: HOST, port }, tls, TIMEOUT_MS, null);
    expect(await byFlags(null)).toBe(
      'it speaks TLS, but plain text was tried: use --tls-ca "<its authority>.pem"',
    );
    expect(await byFlags(trusting)).toContain('use --tls-server-name "agent.example"');
    const stranger = tlsMaterial({ caPem: createAuthority().caPem });
    expect(await byFlags(stranger)).toContain('that --tls-ca does not hold');
  });

  test('the peer speaks HTTP/1', async () => {
    expect(await explain(await listen(createHttpServer()), null)).toContain('it speaks HTTP/1, not HTTP/2');
  });

  test('the peer speaks something else', async () => {
    const port = await listen(createTcpServer((socket) => socket.write('220 mail.example ready\r\n')));
    expect(await explain(port, null)).toContain('it speaks something else, not HTTP/2');
  });

  test('the peer ends every connection', async () => {
    const port = await listen(createTcpServer((socket) => socket.end()));
    expect(await explain(port, null)).toContain('it accepts connections and ends them without an answer');
  });
});

describe('with TLS configured, the peer speaks plain text', () => {
  const PLAIN =
    'it does not speak TLS, which "tls" of the configuration asks for; for plain text, set "tls": false';

  test('gRPC', async () => {
    expect(await explain(await serveGrpc(null), trusting)).toBe(PLAIN);
  });

  test('HTTP/1', async () => {
    expect(await explain(await listen(createHttpServer()), trusting)).toBe(PLAIN);
  });

  test.each(['ends the connection', 'waits for ever'])(
    'gRPC of one that %s where it does not get HTTP/2',
    async (reaction) => {
      const server = createTcpServer((socket) => {
        socket.once('data', (bytes) => {
          if (bytes.toString('latin1').startsWith('PRI ')) socket.write('\0\0\0\x04\0\0\0\0\0');
          else if (reaction === 'ends the connection') socket.destroy();
        });
      });
      expect(await explain(await listen(server), trusting, 4000)).toBe(PLAIN);
    },
  );
});

describe('the certificate of the peer', () => {
  test('has expired: with its date', async () => {
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
    const why = await explain(await serveWith({ expired: true }), trusting);
    expect(why).toMatch(new RegExp(`^it shows a certificate that expired on ${yesterday} [\\d:]+ UTC: `));
  });

  test('is not valid yet: with its date', async () => {
    const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
    const why = await explain(await serveWith({ notYetValid: true }), trusting);
    expect(why).toMatch(new RegExp(`^it shows a certificate that is not valid before ${tomorrow} `));
  });

  test('is for others: with the names that it has', async () => {
    const port = await serveWith({ names: ['one.example', 'two.example', '10.0.0.1'] });
    expect(await explain(port, trusting)).toBe(
      'it shows a certificate for "one.example", "two.example", "10.0.0.1", and not for "127.0.0.1": set "tls": { "serverName": "one.example" } if that is who you mean',
    );
  });

  test('is for the host, and another server name is set', async () => {
    const why = await explain(await serveWith({}), { ...trusting, serverName: 'agent.example' });
    expect(why).toContain('for "127.0.0.1", and not for "agent.example"');
  });

  test('has names that are no good on a terminal, and too many', async () => {
    const names = ['\u001b[2Jevil', ...Array.from({ length: 7 }, (_, index) => `host${index}.example`)];
    const why = await explain(await serveWith({ names }), trusting);
    expect(why).toContain(' and 3 more, and not for');
    expect(why).not.toContain('\u001b');
  });

  test('is of an authority that is not the configured one', async () => {
    const port = await serveWith({});
    const other = tlsMaterial({ caPem: createAuthority('Other Authority').caPem });
    expect(await explain(port, other)).toMatch(
      /^it shows a certificate of the authority "Test Authority" that "ca" does not hold; to trust it, set "tls": \{ "ca": /,
    );
    const namesake = tlsMaterial({ caPem: createAuthority().caPem });
    expect(await explain(port, namesake)).toContain('that "ca" does not hold');
  });

  test('is of an authority that the machine does not know', async () => {
    const why = await explain(await serveWith({}), tlsMaterial({}));
    expect(why).toContain('of the authority "Test Authority" that this machine does not know');
  });

  test('is self-signed', async () => {
    const port = await serveGrpc(tlsMaterial(createSelfSigned({ names: [HOST] })));
    expect(await explain(port, tlsMaterial({}))).toContain(
      'it shows a certificate that is self-signed; to trust it',
    );
    expect(await explain(port, trusting)).toContain('that is self-signed and that "ca" does not hold');
  });
});

describe('the peer asks for a client certificate', () => {
  const server: Issued = authority.issue({ names: [HOST] });

  test('and none was sent', async () => {
    const port = await serveGrpc(tlsMaterial({ caPem: authority.caPem, ...server }));
    expect(await explain(port, trusting)).toBe(
      'it asks for a client certificate, and none was sent: set "tls": { "cert": "<ours>.pem", "key": "<its key>.pem" }',
    );
  });

  test('and none was sent, with TLS 1.2', async () => {
    const port = await listen(
      createTlsServer({
        cert: server.certPem,
        key: server.keyPem,
        ca: authority.caPem,
        requestCert: true,
        maxVersion: 'TLSv1.2',
        ALPNProtocols: ['h2'],
      }),
    );
    expect(await explain(port, trusting)).toContain('client certificate, and none was sent');
  });

  test('and refuses ours, of which nothing but the files is told', async () => {
    const port = await serveGrpc(tlsMaterial({ caPem: authority.caPem, ...server }));
    const stranger = createAuthority('Other Authority').issue({ names: ['us'], client: true });
    const why = await explain(port, tlsMaterial({ caPem: authority.caPem, ...stranger }));
    expect(why).toMatch(/refuse(s)? our client certificate/);
    expect(why).toContain(
      'set "tls": { "cert": "<ours>.pem", "key": "<its key>.pem" }, one that its authority',
    );
  });
});

test('the peer speaks TLS, but another protocol', async () => {
  const { certPem, keyPem } = authority.issue({ names: [HOST] });
  const port = await listen(createHttpsServer({ cert: certPem, key: keyPem }));
  expect(await explain(port, trusting)).toContain('it speaks TLS, but not HTTP/2');
});

test('the peer knows no version of TLS that is known here', async () => {
  const { certPem, keyPem } = authority.issue({ names: [HOST] });
  const port = await listen(
    createTlsServer({
      cert: certPem,
      key: keyPem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    }),
  );
  expect(await explain(port, trusting)).toContain('it speaks no version of TLS that is spoken here');
});

/** As web servers do: TLS goes on to the real one, plain text gets a page that says so. */
function passOrComplain(socket: Socket, securePort: number): void {
  socket.once('data', (bytes) => {
    if (bytes[0] !== 0x16) {
      socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
      return;
    }
    const onward = connect(securePort, HOST);
    onward.on('error', () => undefined);
    onward.write(bytes);
    socket.pipe(onward).pipe(socket);
    socket.on('close', () => onward.destroy());
  });
}
