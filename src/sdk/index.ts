// What `croupier-cli/sdk` exports: the one place where names are collected, because package.json points here.
import { resolveOptions, type ServiceOptions } from './options.js';
import { Service } from './service.js';

export type { ErrorStatusName } from '../protocol/status-codes.js';
export type { BytesHandler, CallContext, Handler, JobContext, JsonHandler } from './context.js';
export type { FunctionDescriptor, JsonSchema } from './descriptor.js';
export { defineFunction, defineJob, type FunctionDefinition } from './function-definition.js';
export { FunctionError } from './function-error.js';
export type { FunctionChange } from './function-registry.js';
export type { FailedReload } from './hot-reload.js';
export type { ServiceOptions } from './options.js';
export type { FunctionReload } from './own-reload.js';
export { ReloadError } from './reload-error.js';
export type { ConnectionStatus, ReloadStatus } from './reload-status.js';
export type { Service, ServiceState } from './service.js';
export type { ServiceEvents } from './service-events.js';
export type { TunableOptions } from './tunable-options.js';

/**
 * Makes a service; nothing is opened before `connect()`. Throws a TypeError where an option, or the environment that
 * overrides it, is wrong.
 *
 * @example
 * const service = createService({ serviceId: 'game-server', functions: 'functions' });
 * service.registerFunction({ id: 'player.ban', version: '1.0.0' }, async ({ playerId }) => ban(playerId));
 * await service.connect();
 */
export function createService(options: ServiceOptions = {}): Service {
  return new Service(resolveOptions(options, process.env, process.cwd()));
}
