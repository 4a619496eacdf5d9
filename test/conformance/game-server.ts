import { type ChildProcess, spawn } from 'node:child_process';
import type { Result } from '../../src/core/result.js';
import type { StatusResponse } from '../../src/protocol/gen/croupier/dev/v1/hot_reload.js';
import type { AgentControl } from '../standins/standin-agent.js';
import type { StandIn } from '../standins/standin-process.js';
import { cleanEnvironment, until } from '../support/dev-process.js';
import { type CallFailure, GameServerClient } from './game-server-client.js';
import type { Workplace } from './workplace.js';

/** The id that the app registers by. */
export const SERVICE_ID = 'conformance';

/** What the app waits before it tries to reach the agent again, in ms. */
const RECONNECT_MS = 100;

/** What is kept of its output, in characters. */
const OUTPUT_LENGTH = 20_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Commands of the app's function `admin`. */
export type AdminCommand =
  | { readonly do: 'status' | 'reconnect' | 'inFlight' | 'events' | 'memory' }
  | { readonly do: 'rollback'; readonly id: string }
  | { readonly do: 'reloadConfig'; readonly change: Readonly<Record<string, unknown>> }
  | { readonly do: 'batch'; readonly broken: boolean };

/** A process of the app, registered with the stand-in agent. */
export class GameServer {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  #output = '';
  #exit: Exit | null = null;
  #connection: { readonly address: string; readonly client: GameServerClient } | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_LENGTH);
      });
    }
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  /** Starts it on the files as they are. Resolves when the agent lists its address in the place of the one before. */
  static async start(
    workplace: Workplace,
    agent: StandIn<AgentControl>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<GameServer> {
    const before = await registeredAddress(agent);
    const [program, ...args] = workplace.language.command(workplace.folder);
    const server = new GameServer(
      spawn(program, args, {
        cwd: workplace.folder,
        env: {
          ...cleanEnvironment(),
          CROUPIER_AGENT_ADDR: agent.address,
          CONFORMANCE_RECONNECT_MS: String(RECONNECT_MS),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    try {
      await until('it is registered', async () => {
        if (server.#exit !== null) throw new Error('it ended before it was registered');
        const address = await registeredAddress(agent);
        if (address === null || address === before) return false;
        server.#connection = { address, client: new GameServerClient(address) };
        return true;
      });
      return server;
    } catch (error) {
      await server.kill();
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${server.output}`);
    }
  }

  /** Where it serves, `host:port`. */
  get address(): string {
    return this.#connected.address;
  }

  get client(): GameServerClient {
    return this.#connected.client;
  }

  /** The latest of what it printed. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    return this.#exit !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#connection?.client.close();
    if (this.#exit === null) this.#child.kill('SIGKILL');
    await this.exited;
  }

  admin(command: AdminCommand): Promise<Result<unknown, CallFailure>> {
    return this.client.invoke('admin', command);
  }

  /** The version that a module's function answers with. */
  async versionOf(functionId: string): Promise<string> {
    const payload = functionId === 'slow' ? { ms: 0 } : { text: '' };
    const answer: unknown = expectValue(await this.client.invoke(functionId, payload));
    if (typeof answer === 'object' && answer !== null && 'version' in answer) return String(answer.version);
    throw new Error(`${functionId} answered no version: ${JSON.stringify(answer)}`);
  }

  async status(): Promise<StatusResponse> {
    return expectValue(await this.client.status());
  }

  /** Resolves when exactly so many calls and jobs are under way. */
  async untilInFlight(count: number): Promise<void> {
    await until(
      `${count} in flight`,
      async () => expectValue(await this.client.drain(count === 0 ? 1_000 : 0)).inFlight === count,
    );
  }

  get #connected() {
    if (this.#connection === null) throw new Error('it is not registered');
    return this.#connection;
  }
}

/** The address under which the agent lists the app; null: it does not. */
export async function registeredAddress(agent: StandIn<AgentControl>): Promise<string | null> {
  for (const { instances } of await agent.control('registry')) {
    const own = instances.find((instance) => instance.serviceId === SERVICE_ID);
    if (own !== undefined) return own.addr;
  }
  return null;
}

/** The value of a call that has to succeed. */
export function expectValue<T>(result: Result<T, CallFailure>): T {
  if (result.ok) return result.value;
  throw new Error(`the call failed: ${result.error.code}: ${result.error.message}`);
}

/** The failure of a call that has to fail. */
export function expectFailure(result: Result<unknown, CallFailure>): CallFailure {
  if (!result.ok) return result.error;
  throw new Error(`the call succeeded: ${JSON.stringify(result.value)}`);
}
