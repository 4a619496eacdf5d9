import { credentials } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import {
  HotReloadServiceClient,
  type ReloadResponse,
  type RollbackResponse,
  type StatusResponse,
} from '../../../src/protocol/gen/croupier/dev/v1/hot_reload.js';

/** What a runner asks of a game server. A call that fails rejects with gRPC's error. */
export interface HotReloadCaller {
  reload(paths: readonly string[], functions?: readonly string[]): Promise<ReloadResponse>;
  rollback(functionId: string): Promise<RollbackResponse>;
  status(): Promise<StatusResponse>;
  drain(timeoutMs: number): Promise<number>;
}

/** Closed when the test ends. */
export function callHotReload(address: string): HotReloadCaller {
  const client = new HotReloadServiceClient(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  return {
    reload: (paths, functions = []) =>
      answered((done) => client.reload({ paths: [...paths], functions: [...functions] }, done)),
    rollback: (functionId) => answered((done) => client.rollback({ functionId }, done)),
    status: () => answered((done) => client.status({}, done)),
    drain: async (timeoutMs) =>
      (await answered<{ inFlight: number }>((done) => client.drain({ timeoutMs }, done))).inFlight,
  };
}

function answered<T>(call: (done: (error: Error | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}
