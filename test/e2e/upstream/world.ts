import { expect, onTestFinished } from 'vitest';
import { type CallLoss, SteadyCaller, type SteadyCallerOptions } from '../../standins/caller.js';
import type { LocalInstance } from '../../standins/gen/agent.js';
import type { AgentControl, AgentOptions } from '../../standins/standin-agent.js';
import type { EdgeControl, EdgeOptions } from '../../standins/standin-edge.js';
import type { StandIn } from '../../standins/standin-process.js';
import type { ServerControlCommands, ServerOptions } from '../../standins/standin-server.js';
import { startAgent, startEdge, startServer } from '../../standins/start.js';
import { type DevProcess, until } from '../../support/dev-process.js';
import type { ServerParts } from '../../support/project.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from '../dev/scenario.js';

export type Agent = StandIn<AgentControl>;
export type Server = StandIn<ServerControlCommands>;
export type Edge = StandIn<EdgeControl>;

/** How many lost calls are told where a test fails; the first ones say enough. */
const SHOWN_LOSSES = 10;

/** One developer: a project with its session. */
export interface Developer {
  readonly scenario: Scenario;
  readonly dev: DevProcess;
}

/** An agent that is ended with the test. */
export async function openAgent(options: Partial<AgentOptions> = {}): Promise<Agent> {
  const agent = await startAgent(options);
  onTestFinished(() => agent.stop());
  return agent;
}

/** A server that is ended with the test. */
export async function openServer(options: Partial<ServerOptions> = {}): Promise<Server> {
  const server = await startServer(options);
  onTestFinished(() => server.stop());
  return server;
}

/** An edge that is ended with the test. */
export async function openEdge(options: Partial<EdgeOptions> = {}): Promise<Edge> {
  const edge = await startEdge(options);
  onTestFinished(() => edge.stop());
  return edge;
}

export function urlOf(kind: 'agent' | 'server' | 'edge', { address }: { readonly address: string }): string {
  return `${kind}://${address}`;
}

/** The key `upstream` for a server or an edge without TLS, which they are expected to serve where nothing is said. */
export function inPlainText(url: string): { readonly upstream: object } {
  return { upstream: { url, tls: false } };
}

/** A session whose upstream is given by `url`, running and registered there; ended with the test. */
export async function openDeveloper(
  url: string,
  config: object,
  options: { readonly parts?: ServerParts; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Developer> {
  const scenario = new Scenario();
  onTestFinished(() => scenario.close());
  scenario.save(gameServer('v0', options.parts));
  scenario.config(config);
  const dev = scenario.start([], { CROUPIER_UPSTREAM: url, ...options.env });
  await dev.waitFor('upstream.registered');
  await dev.waitFor('reload.finished');
  return { scenario, dev };
}

/** A session that runs, whether or not its upstream lets it in; ended with the test. */
export async function openUnconnected(url: string, config: object): Promise<Developer> {
  const scenario = new Scenario();
  onTestFinished(() => scenario.close());
  scenario.save(gameServer('v0'));
  scenario.config(config);
  const dev = scenario.start([], { CROUPIER_UPSTREAM: url });
  await dev.waitFor('reload.finished');
  return { scenario, dev };
}

/** Steady calls to a peer upstream; stopped with the test at the latest. */
export function openCaller(options: SteadyCallerOptions): SteadyCaller {
  const caller = new SteadyCaller({
    // Spread over 0 to 200 ms, so that calls are under way at any moment of a swap.
    payload: (id, nth) => ({ id, delay: (nth * 37) % 200 }),
    ...options,
  });
  onTestFinished(() => caller.stop());
  caller.start();
  return caller;
}

/** What answered a call, by the game server of these tests. */
export function answeredBy(caller: SteadyCaller): ReadonlySet<string> {
  return new Set(caller.answers.map(({ payload }) => String(JSON.parse(payload).version)));
}

/** Saves a new version, waits for the swap, and until it answers a call that was made upstream. */
export async function saveAndSee(
  { scenario, dev }: Developer,
  caller: SteadyCaller,
  version: string,
  parts?: ServerParts,
): Promise<void> {
  const mark = dev.mark();
  scenario.save(gameServer(version, parts));
  const finished = await dev.waitFor('reload.finished', () => true, mark);
  if (finished.outcome !== 'swapped' || finished.calls.lost !== 0) {
    throw new Error(`a swap went wrong: ${JSON.stringify(finished)}\n${dev.describe()}`);
  }
  await until(`an answer by ${version}`, () => answeredBy(caller).has(version));
}

/** Instances of a function as the agent lists them. */
export async function instancesOf(agent: Agent, functionId = 'echo'): Promise<readonly LocalInstance[]> {
  const registry = await agent.control('registry');
  return registry.find(({ id }) => id === functionId)?.instances ?? [];
}

/** Registrations that a server was sent, the first one first. */
export async function registrationsOf(server: Server) {
  return (await server.control('received')).flatMap((one) => (one.rpc === 'register' ? [one] : []));
}

/** Losses in words, for a message. */
export function describeLosses(losses: readonly CallLoss[]): readonly string[] {
  return losses.map(({ id, why, sentAt, lostAt }) => `${id} after ${lostAt - sentAt} ms: ${why}`);
}

/** A time in which an upstream was away or did not know us (epoch ms). */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** Kills an upstream and starts it again; resolves when the session has registered there. */
export async function restart(upstream: StandIn<object>, dev: DevProcess): Promise<Outage> {
  const mark = dev.mark();
  const from = Date.now();
  await upstream.restart();
  const { time } = await dev.waitFor('upstream.registered', () => true, mark);
  return { from, to: Date.parse(time) };
}

/**
 * Every call was answered, but those whose time touches that of an outage: a call that an upstream has taken dies with it, however
 * long ago it was sent.
 */
export function expectNothingLost(caller: SteadyCaller, outages: readonly Outage[] = []): void {
  const unexcused = caller.losses.filter(
    ({ sentAt, lostAt }) => !outages.some(({ from, to }) => lostAt >= from && sentAt <= to),
  );
  expect(describeLosses(unexcused).slice(0, SHOWN_LOSSES)).toEqual([]);
  expect(caller.answers.length + caller.losses.length).toBe(caller.sent);
}
