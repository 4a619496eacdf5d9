import { once } from 'node:events';
import { createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { agentCommand } from '../../../src/cli/agent.js';
import { openAgentGateway } from '../../../src/cli/agent-gateway.js';
import { connectAgent } from '../../../src/protocol/client.js';
import type { LocalFunctionDescriptor } from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import { CapturedStream } from '../../support/virtual-terminal.js';

const eventually = (assertion: () => void): Promise<void> => vi.waitFor(assertion, { timeout: 15_000 });

function start(listen: string, json = true) {
  const stdout = new CapturedStream();
  const stderr = new CapturedStream();
  const io = { stdin: new PassThrough(), stdout, stderr, cwd: '/', env: {} };
  const exitCode = agentCommand({ listen, json, verbose: false, color: false }, io);
  const events = (): Record<string, unknown>[] =>
    stdout.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const messages = () => events().flatMap(({ message }) => (typeof message === 'string' ? [message] : []));
  const address = async (): Promise<string> => {
    await eventually(() => expect(events()[0]?.type).toBe('session.ready'));
    return String(events()[0]?.gateway);
  };
  return { stdout, stderr, exitCode, events, messages, address };
}

/** What a signal does to the listeners of this process, without ending the tests. */
function signal(): void {
  process.emit('SIGHUP');
}

function describeFunction(id: string): LocalFunctionDescriptor {
  return {
    id,
    version: '1.0.0',
    tags: [],
    summary: '',
    description: '',
    operationId: '',
    deprecated: false,
    inputSchema: '',
    outputSchema: '',
    category: '',
    risk: '',
    entity: '',
    operation: '',
  };
}

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

describe('croupier agent', () => {
  it('says where it listens, who comes and goes, and ends at a signal', async () => {
    const agent = start('127.0.0.1:0');
    const client = connectAgent(await agent.address());
    onTestFinished(() => client.close());
    const register = (functions: readonly string[]) =>
      client.registerLocal(
        {
          serviceId: 'game',
          version: '1.0.0',
          rpcAddr: '127.0.0.1:9',
          functions: functions.map((id) => describeFunction(id)),
        },
        { timeoutMs: 10_000 },
      );
    expect((await register(['player.ban', 'server.status'])).ok).toBe(true);
    expect(agent.messages()).toEqual(['game registered at 127.0.0.1:9: player.ban, server.status']);
    expect((await register([])).ok).toBe(true);
    expect(agent.messages()).toHaveLength(2);
    expect(agent.messages()[1]).toBe('game was taken out');
    signal();
    expect(await agent.exitCode).toBe(129);
    expect(agent.events().at(-1)).toMatchObject({ type: 'session.closed', reason: 'SIGHUP' });
    expect(agent.stderr.text).toBe('');
  });

  it('leaves no listener for signals and frees its port', async () => {
    const listeners = process.listenerCount('SIGHUP');
    const agent = start('127.0.0.1:0');
    const address = await agent.address();
    signal();
    await agent.exitCode;
    expect(process.listenerCount('SIGHUP')).toBe(listeners);
    const next = start(address);
    expect(await next.address()).toBe(address);
    signal();
    expect(await next.exitCode).toBe(129);
  });

  it('is an error that names the holder where the port was asked for and is taken', async () => {
    const port = await takePort();
    const agent = start(`127.0.0.1:${port}`);
    expect(await agent.exitCode).toBe(3);
    expect(agent.stderr.text).toContain(`error: port ${port} is taken`);
    if (process.platform === 'linux') expect(agent.stderr.text).toContain(`(pid ${process.pid})`);
    expect(agent.stderr.text).toContain('--listen HOST:PORT');
    expect(agent.stdout.text).toBe('');
  });

  it('prints lines for people without --json', async () => {
    const agent = start('127.0.0.1:0', false);
    await eventually(() => expect(agent.stderr.text).toMatch(/^\[croupier\] gateway on 127\.0\.0\.1:\d+\n$/));
    signal();
    expect(await agent.exitCode).toBe(129);
    expect(agent.stderr.text).toContain('closed: SIGHUP');
    expect(agent.stdout.text).toBe('');
  });

  it('refuses an address that is none', async () => {
    const agent = start('nowhere');
    expect(await agent.exitCode).toBe(2);
    expect(agent.stderr.text).toContain('--listen is "nowhere"');
  });
});

describe('openAgentGateway', () => {
  it('moves on from a taken port that nobody asked for, and says so', async () => {
    const port = await takePort();
    const notices: string[] = [];
    const gateway = await openAgentGateway({
      listen: { host: '127.0.0.1', port, portIsFixed: false },
      onNotice: (level, message) => notices.push(`${level} ${message}`),
    });
    if (!gateway.ok) throw new Error(gateway.error.message);
    onTestFinished(() => gateway.value.close());
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      new RegExp(`^warn port ${port} is taken.*listens on ${gateway.value.address}$`),
    );
  });

  it('says why it cannot listen', async () => {
    const gateway = await openAgentGateway({
      listen: { host: '192.0.2.1', port: 0, portIsFixed: true },
      onNotice: () => undefined,
    });
    expect(gateway).toMatchObject({
      ok: false,
      error: { exitCode: 3, message: expect.stringContaining('cannot listen on 192.0.2.1:0') },
    });
  });
});
