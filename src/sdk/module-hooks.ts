// Runs in the thread of Node's module loader (`module.register`), beside the hooks of whatever else loads TypeScript there: it asks the
// next hook, gives files that changed another URL, and tells the main thread who imports what. It works the same from Node 20.19 on.
import type { LoadHook, ResolveHook } from 'node:module';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { modulePath, ownModulePath, withVersion } from './module-url.js';

/** From the main thread: the versions that these files have from now on; null: as the app loaded it. */
export type VersionMessage = readonly (readonly [path: string, version: number | null])[];

/** To the main thread. `import`: a module asks for another one. `load`: the loader reads a file, since it has no such module yet. */
export type ModuleMessage =
  | { readonly type: 'import'; readonly parent: string | null; readonly path: string }
  | { readonly type: 'load'; readonly path: string };

let port: MessagePort | null = null;
const versions = new Map<string, number>();

export function initialize(data: { readonly port: MessagePort }): void {
  port = data.port;
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  const path = ownModulePath(resolved.url);
  if (path === null) return resolved;
  readVersions();
  const parent = context.parentURL === undefined ? null : modulePath(context.parentURL);
  tell({ type: 'import', parent, path });
  const version = versions.get(path);
  return version === undefined ? resolved : { ...resolved, url: withVersion(resolved.url, version) };
};

export const load: LoadHook = (url, context, nextLoad) => {
  const path = ownModulePath(url);
  if (path !== null) tell({ type: 'load', path });
  return nextLoad(url, context);
};

function tell(message: ModuleMessage): void {
  port?.postMessage(message);
}

/** What the main thread posted before it asked for a module is there by then: no need to wait for it. */
function readVersions(): void {
  if (port === null) return;
  for (let received = receiveMessageOnPort(port); received; received = receiveMessageOnPort(port)) {
    const message: VersionMessage = received.message;
    for (const [path, version] of message) {
      if (version === null) versions.delete(path);
      else versions.set(path, version);
    }
  }
}
