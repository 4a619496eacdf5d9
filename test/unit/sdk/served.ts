import { onTestFinished } from 'vitest';
import { type AgentClient, connectAgent } from '../../../src/protocol/client.js';
import type { InvokeRequest } from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { createService, type Service, type ServiceOptions } from '../../../src/sdk/index.js';
import { FakeAgent } from './fake-agent.js';

/** A service with an agent of its own; all of it is closed when the test ends. */
export async function createServed(
  register: (service: Service) => void,
  options: ServiceOptions = {},
): Promise<{ service: Service; agent: FakeAgent; client: AgentClient }> {
  const agent = await new FakeAgent().start();
  const service = createService({ agentAddress: agent.address, handleSignals: false, ...options });
  register(service);
  await service.connect();
  const client = connectAgent(service.address ?? '');
  onTestFinished(async () => {
    await service.gracefulShutdown(0);
    client.close();
    agent.stop();
  });
  return { service, agent, client };
}

/** A request with a payload of JSON; undefined: an empty one. */
export function requestOf(functionId: string, payload?: unknown): InvokeRequest {
  const bytes = payload === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(payload));
  return { functionId, idempotencyKey: '', payload: bytes, metadata: {} };
}
