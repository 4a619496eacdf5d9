import { describe, expect, it } from 'vitest';
import { dialableHosts, isReachedBy, parseAddress } from '../../../src/process/address.js';
import { debuggerPorts } from '../../../src/process/debugger-ports.js';
import { parseLsof } from '../../../src/process/lsof.js';
import { canonicalAddress, parseSocketTable } from '../../../src/process/socket-table.js';

describe('parseAddress', () => {
  it.each<[string, string, number]>([
    ['127.0.0.1:5555', '127.0.0.1', 5555],
    [':8080', '', 8080],
    ['8080', '', 8080],
    ['[::]:41234', '::', 41_234],
    ['[::1]:5555', '::1', 5555],
    ['::1:5555', '::1', 5555],
    ['::ffff:127.0.0.1:5555', '127.0.0.1', 5555],
    ['ipv4:127.0.0.1:5555', '127.0.0.1', 5555],
    ['ipv6:%5B::1%5D:5555', '::1', 5555],
    ['dns:///localhost:5555', 'localhost', 5555],
    ['*:3000', '*', 3000],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  it.each(['', 'localhost', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:70000', 'unix:/tmp/x.sock', '{port}'])(
    'finds no port in "%s"',
    (text) => expect(parseAddress(text)).toBeNull(),
  );
});

it('dials loopback for wildcards, in both families where both are meant', () => {
  expect(dialableHosts('::')).toEqual(['127.0.0.1', '::1']);
  expect(dialableHosts('localhost')).toEqual(['127.0.0.1', '::1']);
  expect(dialableHosts('0.0.0.0')).toEqual(['127.0.0.1']);
  expect(dialableHosts('10.0.0.5')).toEqual(['10.0.0.5']);
});

it.each([
  ['0.0.0.0', '127.0.0.1', true],
  ['127.0.0.1', '0.0.0.0', true],
  ['127.0.0.1', 'localhost', true],
  ['::1', 'localhost', true],
  ['10.0.0.5', 'localhost', false],
  ['127.0.0.1', '127.0.0.2', false],
])('a listener on %s is reached by %s: %s', (listening, dialled, reached) => {
  expect(isReachedBy(listening, dialled)).toBe(reached);
});

it.each([
  ['[::1]', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['0:0:0:0:0:ffff:7f00:1', '127.0.0.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['game.local', 'game.local'],
])('%s in its one spelling is %s', (address, canonical) => {
  expect(canonicalAddress(address)).toBe(canonical);
});

it('reads the kernel socket tables', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0
   1: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0 20 4 30 10 -1
   2: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:1F90 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   3: 00000000000000000000000001000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0
`;
  expect(parseSocketTable(table)).toEqual([
    {
      localAddress: '127.0.0.1',
      localPort: 8080,
      remoteAddress: '0.0.0.0',
      remotePort: 0,
      state: 'listening',
      uid: 1000,
      inode: 4242,
    },
    {
      localAddress: '127.0.0.1',
      localPort: 54_321,
      remoteAddress: '127.0.0.1',
      remotePort: 8080,
      state: 'established',
      uid: 1000,
      inode: 4243,
    },
    {
      localAddress: '127.0.0.1',
      localPort: 50_000,
      remoteAddress: '127.0.0.1',
      remotePort: 8080,
      state: 'other',
      uid: 0,
      inode: 0,
    },
    {
      localAddress: '::1',
      localPort: 9000,
      remoteAddress: '::',
      remotePort: 0,
      state: 'listening',
      uid: 0,
      inode: 77,
    },
  ]);
});

it('reads what lsof prints', () => {
  const text = 'p4711\ng4700\nf20\nn*:3000\nf21\nn127.0.0.1:3000->127.0.0.1:54321\np5\ng5\nf3\nn[::1]:9000\n';
  expect(parseLsof(text)).toEqual([
    { pid: 4711, group: 4700, host: '*', port: 3000, remote: null },
    { pid: 4711, group: 4700, host: '127.0.0.1', port: 3000, remote: { host: '127.0.0.1', port: 54_321 } },
    { pid: 5, group: 5, host: '::1', port: 9000, remote: null },
  ]);
});

it.each<[string, string[], number[]]>([
  ['node', ['node', '--inspect', 'server.js'], [9229]],
  ['node with a port', ['node', '--inspect-brk=9300', 'server.js'], [9300]],
  ['node with host and port', ['node', '--inspect=0.0.0.0:9301', 'server.js'], [9301]],
  [
    'java',
    ['java', '-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005', '-jar', 'x.jar'],
    [5005],
  ],
  ['java, port alone', ['java', '-agentlib:jdwp=transport=dt_socket,address=5006,server=y', 'Main'], [5006]],
  ['delve', ['/go/bin/dlv', 'exec', '--listen=:2345', './app'], [2345]],
  ['debugpy', ['python', '-m', 'debugpy', '--listen', '0.0.0.0:5678', 'app.py'], [5678]],
  ['a program with its own --listen', ['./server', '--listen=:8080'], []],
  ['no debugger', ['node', 'server.js', '--port=3000'], []],
])('debugger ports of %s', (_who, argv, ports) => {
  expect([...debuggerPorts(argv)]).toEqual(ports);
});
