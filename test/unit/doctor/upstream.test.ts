import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { upstream } from '../../../src/doctor/upstream.js';
import { openGateway } from '../../../src/gateway/gateway.js';
import { Patient, told } from './surroundings.js';

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function examine(url: string) {
  const patient = new Patient();
  cleanUp.push(() => patient.remove());
  patient.configure({ command: 'node server.js', upstream: { url } });
  return patient.examine(upstream);
}

async function openSession(): Promise<string> {
  const opened = await openGateway({
    host: '127.0.0.1',
    port: 0,
    portIsFixed: true,
    clock: systemClock,
    attribute: async () => null,
    tls: null,
    childTls: null,
    describe: () => ({ sessionId: 's', version: '9.9.9', pid: 1, services: [], leaving: [], takenOut: [] }),
    onNotice: () => {},
  });
  if (!opened.ok) throw new Error('the gateway did not open');
  cleanUp.push(() => opened.value.close());
  return opened.value.address;
}

async function listen(answer: (write: (text: string) => void) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer((text) => socket.end(text)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

describe('an upstream that is configured', () => {
  it('answers, and is known as a session of ours', async () => {
    const address = await openSession();
    expect(told(await examine(`agent://${address}`))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^ok: agent://${address} answers in plain text: a session of croupier 9.9.9, 0 functions, \\d+ ms$`,
        ),
      ),
    ]);
  });

  it('is not there', async () => {
    const address = await listen(() => {});
    const closing = cleanUp.pop();
    await closing?.();
    const [finding] = await examine(`agent://${address}`);
    expect(finding).toMatchObject({ level: 'problem', title: `agent://${address} cannot be used` });
    expect(finding?.details[0]).toContain('nothing listens on port');
  });

  it('speaks something else', async () => {
    const address = await listen((write) => write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const [finding] = await examine(`agent://${address}`);
    expect(finding?.level).toBe('problem');
    expect(finding?.details[0]).toContain('HTTP/1');
  });

  it('speaks plain text where TLS is expected', async () => {
    const address = await openSession();
    const [finding] = await examine(`server://${address}`);
    expect(finding?.level).toBe('problem');
    expect(finding?.details[0]).toContain('plain text');
  });
});

it('none is fine', async () => {
  const patient = new Patient();
  cleanUp.push(() => patient.remove());
  patient.configure({ command: 'node server.js', upstream: 'none' });
  expect(told(await patient.examine(upstream))).toEqual(['ok: no upstream: the gateway is the agent']);
});
