import { expect, test } from 'vitest';
import { checkPorts } from '../../../src/check/ports-step.js';
import { commandLine, serviceConfig, sessionConfig } from '../dev/service-config.js';

const taken = async (port: number) => `node other.js (pid ${port})`;
const free = async () => null;

test('a project that fixes no port has nothing to be in the way', async () => {
  expect(await checkPorts(sessionConfig(), taken)).toMatchObject({
    result: 'passed',
    remarks: [{ level: 'info' }],
  });
});

test('ports that a check takes another for are warnings, and so is a debugger', async () => {
  const config = sessionConfig(
    [
      serviceConfig({
        proxy: [
          { host: '127.0.0.1', port: 8000 },
          { host: '127.0.0.1', port: 0 },
        ],
        command: commandLine('node --inspect=9230 server.js'),
      }),
    ],
    { control: { host: '127.0.0.1', port: 19091 } },
  );
  const gateway = { ...config.gateway, portIsFixed: true };
  const outcome = await checkPorts({ ...config, gateway }, taken);
  expect(outcome).toMatchObject({ result: 'passed' });
  const remarks = outcome.result === 'passed' ? outcome.remarks : [];
  expect(remarks.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'warn']);
  expect(remarks.map(({ text }) => text.split(' is taken')[0])).toEqual([
    'port 19090 (gateway.listen)',
    'port 19091 (control.listen)',
    'port 8000 (proxy)',
    'port 9230 (the debugger in command)',
  ]);
  expect(await checkPorts({ ...config, gateway }, free)).toMatchObject({
    remarks: [{ text: '19090 (gateway.listen) is free' }, {}, {}, {}],
  });
});

test.each([
  [{ kind: 'tcp', timeout: 1, address: ':8080' }, 'ready.tcp'],
  [{ kind: 'tcp', timeout: 1, address: 'localhost:8080' }, 'ready.tcp'],
  [{ kind: 'http', timeout: 1, url: 'http://127.0.0.1:8080/healthz' }, 'ready.http'],
] as const)('a port that readiness is judged by must be free: %j', async (ready, key) => {
  const config = sessionConfig([serviceConfig({ ready })]);
  expect(await checkPorts(config, taken)).toMatchObject({
    result: 'failed',
    exitCode: 3,
    reason: `port 8080 (${key}) is taken by node other.js (pid 8080), which would pass for the service`,
  });
  expect(await checkPorts(config, free)).toMatchObject({ result: 'passed' });
});

test.each([
  { kind: 'tcp', timeout: 1, address: '{port}' },
  { kind: 'http', timeout: 1, url: '/healthz' },
  { kind: 'http', timeout: 1, url: 'http://127.0.0.1:{port}/' },
  { kind: 'tcp', timeout: 1, address: 'db.example.org:5432' },
] as const)('a port of the generation itself, or of another machine, is none: %j', async (ready) => {
  expect(await checkPorts(sessionConfig([serviceConfig({ ready })]), taken)).toMatchObject({
    result: 'passed',
  });
});
