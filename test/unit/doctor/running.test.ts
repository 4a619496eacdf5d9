import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSession } from '../../../src/control/session-file.js';
import { ports } from '../../../src/doctor/ports.js';
import { session } from '../../../src/doctor/session.js';
import { processStartTime } from '../../../src/process/start-time.js';
import { Patient, told } from './surroundings.js';

let patient: Patient;
const open: Server[] = [];

beforeEach(() => {
  patient = new Patient();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  patient.remove();
});

/** Listens as another program would; answers the port. */
async function listen(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('ports', () => {
  it('of others are named with who has them, and are a problem where they are asked for', async () => {
    const gateway = await listen();
    const stable = await listen();
    patient.configure({
      service: 'poker',
      command: 'node --inspect=0 server.js',
      gateway: { listen: `127.0.0.1:${gateway}` },
      proxy: [{ listen: stable }],
    });
    const findings = await patient.examine(ports);
    expect(told(findings)).toEqual([
      expect.stringMatching(new RegExp(`^problem: port ${gateway} is taken by .*\\(pid ${process.pid}\\)$`)),
      expect.stringMatching(new RegExp(`^problem: port ${stable} is taken by `)),
    ]);
    expect(findings[0]?.remedies[0]).toContain('--port N');
    expect(findings[1]).toMatchObject({ details: ['It is meant for the stable port of poker.'] });
  });

  it('of the running session are as they should be', async () => {
    const gateway = await listen();
    patient.configure({ command: 'node server.js', gateway: { listen: `127.0.0.1:${gateway}` } });
    writeRunning({ pid: process.pid, startTime: (await processStartTime(process.pid)) ?? 0, gateway });
    expect(told(await patient.examine(ports))).toEqual([
      `ok: port ${gateway} is held for the gateway by the running session (pid ${process.pid})`,
    ]);
  });

  it('on an address of another machine are refused', async () => {
    patient.configure({ command: 'node server.js', gateway: { listen: '192.0.2.1:4711' } });
    expect(told(await patient.examine(ports))).toEqual([
      'problem: the gateway cannot listen on 192.0.2.1:4711: this machine does not have that address',
    ]);
  });

  it('that are free are said to be', async () => {
    const port = await listen();
    await new Promise((resolve) => open.pop()?.close(resolve));
    patient.configure({ command: 'node server.js', gateway: { listen: `127.0.0.1:${port}` } });
    expect(told(await patient.examine(ports))).toEqual([`ok: port ${port} is free for the gateway`]);
  });
});

function writeRunning(given: { pid: number; startTime: number; gateway: number }): void {
  const { pid, startTime, gateway } = given;
  writeSession(patient.folder, {
    pid,
    startTime,
    gateway: `127.0.0.1:${gateway}`,
    tls: null,
    control: null,
    token: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    services: ['poker'],
    groups: [],
  });
}

describe('sessions', () => {
  it('need not be there', async () => {
    expect(told(await patient.examine(session))).toEqual(['ok: no session of this project is running']);
  });

  it('that do not answer are told from those that do', async () => {
    const gateway = await listen();
    writeRunning({ pid: process.pid, startTime: (await processStartTime(process.pid)) ?? 0, gateway });
    expect(told(await patient.examine(session))).toEqual([
      `warning: a session is running: pid ${process.pid}, gateway 127.0.0.1:${gateway}, which does not answer`,
    ]);
  });

  it.runIf(process.platform === 'linux')('whose process id is another program now are stale', async () => {
    writeRunning({ pid: process.pid, startTime: 1, gateway: 1 });
    expect(told(await patient.examine(session))).toEqual([
      'note: the session of 2026-01-01T00:00:00.000Z was not ended properly',
    ]);
  });

  it('that left processes behind say which', async () => {
    const startTime = (await processStartTime(process.pid)) ?? 0;
    writeSession(patient.folder, {
      pid: 2 ** 22 + 1,
      startTime: 1,
      gateway: '127.0.0.1:1',
      tls: null,
      control: null,
      token: null,
      startedAt: '2026-01-01T00:00:00.000Z',
      services: [],
      groups: [{ pid: process.pid, startTime, marker: 'm' }],
    });
    const [finding] = await patient.examine(session);
    expect(finding).toMatchObject({ level: 'warning', details: [`Their process groups: ${process.pid}.`] });
  });

  it('with a file that cannot be read are told', async () => {
    patient.write('.croupier/session.json', '{');
    const findings = await patient.examine(session);
    expect(told(findings)).toEqual([expect.stringMatching(/^warning: .*session.json is not a session file/)]);
  });
});
