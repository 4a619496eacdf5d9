import { formatTarget } from '../protocol/address.js';
import type { FunctionEndpoint } from './endpoint.js';
import type { HttpService } from './http-function.js';
import type { Registration } from './serving-process.js';

/** What a process serves over HTTP, as if it had registered it. */
export function httpRegistration(
  name: string,
  service: HttpService,
  endpoint: FunctionEndpoint,
): Registration {
  const address = formatTarget(service);
  return {
    // None that an SDK in the same process would send.
    serviceId: `${name}/http`,
    version: '',
    rpcAddress: address,
    address,
    functions: service.functions.map((one) => one.descriptor),
    lastSeen: new Date(),
    endpoint,
  };
}
