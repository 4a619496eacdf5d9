import { afterAll, beforeAll } from 'vitest';
import type { AgentControl } from '../standins/standin-agent.js';
import type { StandIn } from '../standins/standin-process.js';
import { startAgent } from '../standins/start.js';
import { GameServer } from './game-server.js';
import type { Language } from './language.js';
import { Workplace } from './workplace.js';

/** The app of one language and the stand-in agent that it registers with; both last as long as the test file. */
export class TestBed {
  readonly language: Language;
  #parts: { readonly workplace: Workplace; readonly agent: StandIn<AgentControl> } | null = null;

  constructor(language: Language) {
    this.language = language;
  }

  get workplace(): Workplace {
    return this.#prepared.workplace;
  }

  get agent(): StandIn<AgentControl> {
    return this.#prepared.agent;
  }

  async prepare(): Promise<void> {
    const workplace = await Workplace.prepare(this.language);
    this.#parts = { workplace, agent: await startAgent() };
  }

  /** A process on the functions as they came, the only one that the agent knows. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<GameServer> {
    this.workplace.restore();
    await this.agent.control('forget');
    return GameServer.start(this.workplace, this.agent, env);
  }

  /** A further process with the same service id. It takes the other's place in the agent's list. */
  startBeside(): Promise<GameServer> {
    return GameServer.start(this.workplace, this.agent);
  }

  async close(): Promise<void> {
    await this.#parts?.agent.stop();
    this.#parts?.workplace.remove();
  }

  get #prepared() {
    if (this.#parts === null) throw new Error('the test bed is not prepared');
    return this.#parts;
  }
}

/** One process for all tests of the present `describe`: started before the first, killed after the last. */
export function useServer(bed: TestBed, env: Readonly<Record<string, string>> = {}): () => GameServer {
  let server: GameServer | null = null;
  beforeAll(async () => {
    server = await bed.start(env);
  });
  afterAll(async () => {
    await server?.kill();
  });
  return () => {
    if (server === null) throw new Error('the server was not started');
    return server;
  };
}
