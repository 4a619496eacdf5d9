import { describe, expect, it } from 'vitest';
import { failureOfExit } from '../../../src/process/exit-reason.js';

const FAILED = { exitCode: 1, signal: null } as const;

describe('address in use', () => {
  it.each<[who: string, port: number | null, output: string]>([
    [
      'Node',
      3000,
      `node:events:497
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use :::3000
    at Server.setupListenHandle [as _listen2] (node:net:1898:16)
    at listenInCluster (node:net:1946:12) {
  code: 'EADDRINUSE',
  errno: -98,
  syscall: 'listen',
  address: '::',
  port: 3000
}

Node.js v20.20.2`,
    ],
    ['Node, one address', 8080, 'Error: listen EADDRINUSE: address already in use 127.0.0.1:8080'],
    [
      'Node, a Unix socket',
      null,
      'Error: listen EADDRINUSE: address already in use /tmp/game.sock\n    at Server.setupListenHandle [as _listen2] (node:net:1898:16)\n    at listenInCluster (node:net:1946:12)',
    ],
    ['grpc-js', 50051, 'Error: 0.0.0.0:50051 bind failed: EADDRINUSE: address already in use 0.0.0.0:50051'],
    [
      'Bun',
      3000,
      'error: Failed to start server. Is port 3000 in use?\n syscall: "listen",\n   code: "EADDRINUSE"',
    ],
    ['Deno', null, 'error: Uncaught (in promise) AddrInUse: Address already in use (os error 98)'],
    ['Go', 8080, '2026/01/01 10:15:42 listen tcp :8080: bind: address already in use\nexit status 1'],
    ['Go, one address', 8080, 'panic: listen tcp 127.0.0.1:8080: bind: address already in use'],
    ['Go, IPv6', 9000, 'listen tcp [::1]:9000: bind: address already in use'],
    [
      'Go on Windows',
      8080,
      'listen tcp :8080: bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.',
    ],
    ['Python', null, '    self.socket.bind(self.server_address)\nOSError: [Errno 98] Address already in use'],
    ['Python on macOS', null, 'OSError: [Errno 48] Address already in use'],
    [
      'asyncio',
      8000,
      `OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use`,
    ],
    [
      'uvicorn',
      8000,
      `INFO:     Application startup complete.
ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use
INFO:     Waiting for application shutdown.
INFO:     Application shutdown complete.`,
    ],
    [
      'Flask',
      5000,
      'Address already in use\nPort 5000 is in use by another program. Either identify and stop that program',
    ],
    ['Django', null, 'Error: That port is already in use.'],
    ['gunicorn', 8000, `[ERROR] Connection in use: ('127.0.0.1', 8000)`],
    ['Java', null, 'Exception in thread "main" java.net.BindException: Address already in use (Bind failed)'],
    [
      'Spring Boot',
      8080,
      'Description:\n\nWeb server failed to start. Port 8080 was already in use.\n\nAction:\n\nIdentify and stop the process',
    ],
    ['grpc-java', 50051, 'java.io.IOException: Failed to bind to address 0.0.0.0/0.0.0.0:50051'],
    [
      'gRPC for Python',
      50051,
      'RuntimeError: Failed to bind to address 127.0.0.1:50051; set GRPC_VERBOSITY=debug',
    ],
    [
      'Rust',
      null,
      `thread 'main' panicked at src/main.rs:9:50:
called \`Result::unwrap()\` on an \`Err\` value: Os { code: 98, kind: AddrInUse, message: "Address already in use" }`,
    ],
    ['Rust in another language', null, 'Error: Die Adresse wird bereits verwendet (os error 98)'],
    [
      '.NET',
      5000,
      'System.IO.IOException: Failed to bind to address http://127.0.0.1:5000: address already in use.',
    ],
    ['Ruby', 3000, `Address already in use - bind(2) for "127.0.0.1" port 3000 (Errno::EADDRINUSE)`],
    ['PHP', 8000, 'Failed to listen on localhost:8000 (reason: Address already in use)'],
    ['Elixir', 4000, 'Running Endpoint failed with port 4000 already in use: :eaddrinuse'],
    ['nginx', 80, 'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)'],
  ])('%s', (_who, port, output) => {
    const outputTail = output.split('\n');
    expect(failureOfExit(FAILED, outputTail)).toEqual({
      reason: 'address-in-use',
      port,
      holder: null,
      ...FAILED,
      outputTail,
    });
  });

  it('a crash by SIGABRT counts: an exception that nobody caught', () => {
    const output = ['terminate called', '  what():  bind: Address already in use'];
    expect(failureOfExit({ exitCode: null, signal: 'SIGABRT' }, output).reason).toBe('address-in-use');
  });

  it('the last of several failures gives the port', () => {
    const output = [
      'listen tcp :1111: bind: address already in use',
      'listen tcp :2222: bind: address already in use',
    ];
    expect(failureOfExit(FAILED, output)).toMatchObject({ port: 2222 });
  });
});

describe('any other exit', () => {
  it.each([
    ['without output', ''],
    ['for another reason', 'TypeError: undefined is not a function\n    at server.js:3:1'],
    ['that speaks of addresses', 'Error: listen EACCES: permission denied 0.0.0.0:80'],
    ['by a refused bind for another reason', 'java.net.BindException: Permission denied (Bind failed)'],
    [
      'by a bind to an address of another machine',
      'Failed to bind to address 10.1.1.1:80: Cannot assign requested address',
    ],
    ['after it found another port', 'Port 3000 is in use, trying another one...\nready\nboom'],
  ])('%s', (_what, output) => {
    const outputTail = output.split('\n');
    expect(failureOfExit(FAILED, outputTail)).toEqual({ reason: 'exited', ...FAILED, outputTail });
  });

  it.each([
    ['a good exit', { exitCode: 0, signal: null }],
    ['a signal from outside', { exitCode: null, signal: 'SIGKILL' }],
  ])('%s, whatever the output says', (_what, exit) => {
    expect(failureOfExit(exit, ['listen tcp :80: bind: address already in use']).reason).toBe('exited');
  });
});
