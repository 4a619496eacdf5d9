import { freePort } from '../../src/process/ports.js';
import { type CallAnswer, SteadyCaller } from '../standins/caller.js';
import { until } from '../support/dev-process.js';
import { type AgentName, openAgent } from './agents.js';
import type { Tool } from './tool.js';
import type { ToolProject } from './tool-project.js';

/** Answers in a row that have to come from the new code before the next save. */
const SETTLED_AFTER = 50;

/** Longer than any agent holds a call, in ms. */
const CALL_LIMIT_MS = 60_000;

export interface TrialOptions {
  readonly reloads: number;
  /** Calls a second. */
  readonly rate: number;
}

export interface Trial {
  readonly agent: AgentName;
  readonly calls: number;
  /** What each call that was not answered came to. */
  readonly losses: readonly string[];
  /** From the save to the first answer of the new code, in ms, for each reload. */
  readonly reloads: readonly number[];
  /** Why it ended early; null: it did not. */
  readonly problem: string | null;
}

/** One reload after the other by one tool, under steady calls of `server.status` through one agent. */
export async function runTrial(
  tool: Tool,
  project: ToolProject,
  agentName: AgentName,
  { reloads, rate }: TrialOptions,
): Promise<Trial> {
  const agent = await openAgent(agentName);
  try {
    project.save(versionOf(agentName, 0));
    const running = await tool.start(project, { agent: agent.address, port: await freePort() });
    const caller = new SteadyCaller({
      address: agent.address,
      perSecond: rate,
      functionId: 'server.status',
      payload: () => ({}),
      limitMs: CALL_LIMIT_MS,
    });
    const times: number[] = [];
    let problem: string | null = null;
    try {
      await untilServed(agent.address);
      caller.start();
      await settle(caller, versionOf(agentName, 0));
      for (let nth = 1; nth <= reloads; nth++) {
        const version = versionOf(agentName, nth);
        const savedAt = Date.now();
        project.save(version);
        await running.reload();
        times.push((await firstAnswer(caller, version)).answeredAt - savedAt);
        await settle(caller, version);
      }
    } catch (error) {
      problem = `${error instanceof Error ? error.message : String(error)}\n${running.output()}`;
    } finally {
      await caller.stop();
      await running.stop();
    }
    const losses = caller.losses.map(({ why }) => why);
    return { agent: agentName, calls: caller.sent, losses, reloads: times, problem };
  } finally {
    await agent.stop();
  }
}

/** Each trial has versions of its own: a project is used by several. */
function versionOf(agent: AgentName, nth: number): string {
  return `${agent === 'plain' ? 2 : 3}.0.${nth}`;
}

/** Resolves when the first call is answered: what is lost before is not the tool's fault. */
async function untilServed(address: string): Promise<void> {
  await until('server.status is served', async () => {
    const caller = new SteadyCaller({
      address,
      perSecond: 1,
      functionId: 'server.status',
      payload: () => ({}),
      limitMs: 1_000,
    });
    caller.send();
    await caller.stop();
    return caller.answers.length > 0;
  });
}

async function firstAnswer(caller: SteadyCaller, version: string): Promise<CallAnswer> {
  const from = caller.answers.length;
  let found: CallAnswer | undefined;
  await until(`version ${version} answers`, () => {
    found = caller.answers.slice(from).find((answer) => isOf(answer, version));
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`no answer of version ${version}`);
  return found;
}

/** Resolves when nothing old answers any more. */
async function settle(caller: SteadyCaller, version: string): Promise<void> {
  await until(`only version ${version} answers`, () => {
    const latest = caller.answers.slice(-SETTLED_AFTER);
    return latest.length === SETTLED_AFTER && latest.every((answer) => isOf(answer, version));
  });
}

function isOf({ payload }: CallAnswer, version: string): boolean {
  return payload.includes(`"${version}"`);
}
