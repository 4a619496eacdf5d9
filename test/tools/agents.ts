import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAgent } from '../standins/start.js';
import { DevProcess } from '../support/dev-process.js';

export const AGENT_NAMES = ['plain', 'croupier'] as const;

/** `plain`: the stand-in of an agent of the field, which holds nothing. `croupier`: `croupier agent`, which holds calls. */
export type AgentName = (typeof AGENT_NAMES)[number];

export interface RunningAgent {
  /** `host:port`; services register there, and calls are sent there. */
  readonly address: string;
  stop(): Promise<void>;
}

export function openAgent(name: AgentName): Promise<RunningAgent> {
  return name === 'plain' ? openPlain() : openCroupier();
}

async function openPlain(): Promise<RunningAgent> {
  const agent = await startAgent();
  return { address: agent.address, stop: () => agent.stop() };
}

async function openCroupier(): Promise<RunningAgent> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'croupier-agent-')));
  const agent = DevProcess.startCommand(folder, ['agent', '--json', '--listen', '127.0.0.1:0']);
  return {
    address: await agent.gateway(),
    async stop() {
      await agent.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
