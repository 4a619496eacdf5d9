import { onTestFinished } from 'vitest';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import { Project } from '../../support/project.js';
import { FakeAgent } from '../../unit/sdk/fake-agent.js';
import { callHotReload, type HotReloadCaller } from '../../unit/sdk/hot-reload-client.js';
import { requestOf } from '../../unit/sdk/served.js';
import { Running } from './running.js';

const CALL = { timeoutMs: 30_000 };

export interface ModuleAppOptions {
  readonly files: Readonly<Record<string, string>>;
  /** Arguments of node: the file to run is the last. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An app with function modules, in a project of its own, on the SDK as it is built; it prints `ready` when it serves. */
export interface ModuleApp {
  readonly project: Project;
  readonly agent: FakeAgent;
  readonly running: Running;
  readonly runner: HotReloadCaller;
  /** The answer of a call without payload; of one that failed the name of its status. */
  call(functionId: string): Promise<unknown>;
  /** Replaces a text in a file of the project, once it is there. */
  edit(path: string, from: string, to: string): void;
}

export async function startModuleApp(options: ModuleAppOptions): Promise<ModuleApp> {
  const project = new Project(options.files);
  onTestFinished(() => project.remove());
  const agent = await new FakeAgent().start();
  onTestFinished(() => agent.stop());
  const running = new Running(options.args, {
    cwd: project.folder,
    env: { CROUPIER_AGENT_ADDR: agent.address, ...options.env },
    loader: null,
  });
  const address = await running.waitFor('ready ');
  const client: AgentClient = connectAgent(address);
  onTestFinished(() => client.close());
  const texts = new Map(Object.entries(options.files));
  return {
    project,
    agent,
    running,
    runner: callHotReload(address),
    async call(functionId) {
      const answer = await client.invoke(requestOf(functionId), CALL);
      return answer.ok ? JSON.parse(answer.value.payload.toString()) : answer.error.codeName;
    },
    edit(path, from, to) {
      const text = texts.get(path);
      if (text?.includes(from) !== true) throw new Error(`${path} has no ${JSON.stringify(from)}`);
      texts.set(path, text.replace(from, to));
      project.write(path, text.replace(from, to));
    },
  };
}
