import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCroupier } from '../../support/dev-process.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from './scenario.js';

const STACK_LINE = /^\s+at /m;

let scenario: Scenario;

beforeEach(() => {
  scenario = new Scenario();
});

afterEach(() => scenario.close());

interface Refused {
  readonly code: number;
  /** Each has to be said. */
  readonly says: readonly (string | RegExp)[];
}

/** Runs `croupier dev` where it has to refuse: in words, on stderr, with the way out, and without a stack trace. */
async function expectRefused(words: readonly string[], { code, says }: Refused): Promise<void> {
  const ports = words.includes('--port') ? [] : ['--port', '0'];
  const refused = await runCroupier(
    scenario.project.folder,
    ['dev', ...ports, ...words],
    scenario.environment,
  );
  expect(refused.code, refused.stderr).toBe(code);
  expect(refused.stderr).not.toMatch(STACK_LINE);
  expect(refused.stderr).toMatch(/^error: /m);
  for (const part of says) {
    if (typeof part === 'string') expect(refused.stderr).toContain(part);
    else expect(refused.stderr).toMatch(part);
  }
}

describe('a configuration', () => {
  it.each([
    {
      mistake: 'an unknown key',
      file: 'croupier.config.json',
      text: '{\n  "comand": "node server.js"\n}',
      says: ['croupier.config.json:2:3', '`comand`', '"node server.js"', 'command'],
    },
    {
      mistake: 'an unknown key further in',
      file: 'croupier.config.json',
      text: '{ "command": "node server.js", "restart": { "stopTimout": "5s" } }',
      says: ['croupier.config.json', '`restart.stopTimout`', '"5s"', 'stopTimeout'],
    },
    {
      mistake: 'a value of the wrong type',
      file: 'croupier.config.json',
      text: '{ "command": "node server.js", "replay": "echo" }',
      says: ['croupier.config.json', '`replay`', '"echo"', 'array', 'default is []'],
    },
    {
      mistake: 'a bad duration',
      file: 'croupier.config.json',
      text: '{ "command": "node server.js", "drain": { "calls": "soon" } }',
      says: ['croupier.config.json', '`drain.calls`', '"soon"', 'duration', '"10s"'],
    },
    {
      mistake: 'YAML that is broken',
      file: 'croupier.config.yaml',
      text: 'command: node server.js\nwatch: [unclosed\nreplay: []\n',
      says: [/croupier\.config\.yaml:\d+/],
    },
    {
      mistake: 'JSON that is broken',
      file: 'croupier.config.json',
      text: '{ "command": "node server.js"\n  "replay": [] }',
      says: ['croupier.config.json:2'],
    },
  ])('with $mistake is refused with 2', async ({ file, text, says }) => {
    scenario.save(gameServer('one'));
    scenario.save(text, file);
    await expectRefused([], { code: 2, says });
  });

  it('that is asked for and not there is refused with 2', async () => {
    await expectRefused(['--config', 'none.json'], { code: 2, says: ['none.json'] });
  });

  it('that says no command, in a folder with nothing to run, is refused with 2', async () => {
    scenario.project.config({ service: 'game' });
    await expectRefused([], {
      code: 2,
      says: [
        'nothing to run',
        scenario.project.folder,
        'croupier.config.json',
        '"command"',
        'croupier dev -- ',
      ],
    });
  });
});

describe('a command line', () => {
  it.each([
    [
      ['--port', 'many'],
      ['--port', 'many'],
    ],
    [
      ['--strategy', 'guess'],
      ['guess', 'overlap', 'stop-first'],
    ],
    [['no-such-service'], ['no-such-service', 'game']],
  ])('%j is refused with 2', async (words, says) => {
    scenario.save(gameServer('one'));
    scenario.config();
    await expectRefused(words, { code: 2, says });
  });
});

describe('an environment in which it cannot run', () => {
  it('a command that is not there is refused with 3', async () => {
    await expectRefused(['--', 'no-such-program', '--fast'], {
      code: 3,
      says: ['no-such-program', 'croupier dev -- '],
    });
  });

  it('a configured command that is not there is refused with 3, naming the file', async () => {
    scenario.project.config({ service: 'game', command: './bin/no-such-program' });
    await expectRefused([], {
      code: 3,
      says: ['./bin/no-such-program', '"command"', scenario.project.path('croupier.config.json')],
    });
  });

  it('a second session of the project is refused with 3, naming the first', async () => {
    scenario.save(gameServer('one'));
    scenario.config();
    const { dev, caller } = await scenario.running();
    await expectRefused([], {
      code: 3,
      says: [`process ${dev.pid}`, await dev.gateway(), `kill ${dev.pid}`],
    });
    expect(await caller.echo().outcome).toMatchObject({ status: 'OK', answer: { generation: 1 } });
  });

  it('a port that was asked for and is taken is refused with 3, naming who has it', async () => {
    scenario.save(gameServer('one'));
    scenario.config();
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    try {
      const address = holder.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      await expectRefused(['--port', String(port)], {
        code: 3,
        says: [`port ${port} is taken by `, String(process.pid), '--port'],
      });
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
  });
});
