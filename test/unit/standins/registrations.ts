import type { LocalFunction, RegisterLocalRequest } from '../../standins/gen/agent.js';

export function descriptor(id: string, version = '1.0.0') {
  return {
    id,
    version,
    tags: [],
    summary: '',
    description: '',
    operationId: '',
    deprecated: false,
    inputSchema: '',
    outputSchema: '',
    category: '',
    risk: '',
    entity: '',
    operation: '',
  };
}

/** `functions`: ids, or `id@version`. */
export function registration(
  serviceId: string,
  rpcAddr: string,
  functions: readonly string[],
): RegisterLocalRequest {
  const descriptors = functions.map((text) => {
    const [id = '', version] = text.split('@');
    return descriptor(id, version);
  });
  return { serviceId, version: '1.0.0', rpcAddr, functions: descriptors };
}

/** `{ echo: ['game 127.0.0.1:1 1.0.0'] }`. */
export function shown(functions: readonly LocalFunction[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    functions.map(({ id, instances }) => [
      id,
      instances.map(({ serviceId, addr, version }) => `${serviceId} ${addr} ${version}`),
    ]),
  );
}
