import type { RegisterLocalRequest } from '../standins/gen/agent.js';
import type { AgentControl } from '../standins/standin-agent.js';
import type { StandIn } from '../standins/standin-process.js';
import { SERVICE_ID } from './game-server.js';

/** What the app has registered with this life of the agent, in order. An empty one takes it out of routing. */
export async function registrations(agent: StandIn<AgentControl>): Promise<readonly RegisterLocalRequest[]> {
  const received = await agent.control('received');
  return received.flatMap((one) =>
    one.rpc === 'register' && one.request.serviceId === SERVICE_ID ? [one.request] : [],
  );
}

export async function lastRegistration(agent: StandIn<AgentControl>): Promise<RegisterLocalRequest> {
  const last = (await registrations(agent)).at(-1);
  if (last === undefined) throw new Error('it has not registered');
  return last;
}
