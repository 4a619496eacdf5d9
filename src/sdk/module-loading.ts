import { createRequire, register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ImportGraph } from './import-graph.js';
import type { ModuleMessage, VersionMessage } from './module-hooks.js';
import { isPackaged, withVersion } from './module-url.js';

const requireHere = createRequire(import.meta.url);

/** What a failed reload gives back: the CommonJS modules and the versions as they were. */
export interface Superseded {
  readonly modules: ReadonlyMap<string, NodeJS.Module>;
  readonly versions: ReadonlyMap<string, number | null>;
}

/**
 * Loads modules of this process again, in the place of those that it has. Node has one loader with one memory, so there is one of these
 * (`moduleLoading`), whatever number of services use it.
 *
 * An ES module is loaded again under another URL (`?croupier=2`), and a hook in the loader's thread gives that URL to those who
 * import it; the loader keeps the old one for ever. A CommonJS module is deleted from the `require` cache, and is gone with its last user.
 */
export class ModuleLoading {
  readonly graph = new ImportGraph(fileURLToPath(import.meta.url));
  /** null: nobody watches the loader, and nothing can be loaded again. */
  #port: MessagePort | null = null;
  readonly #isCommonJs = new Set<string>();
  readonly #versions = new Map<string, number>();
  #latestVersion = 0;

  /** From now on the loader reports who imports what. In a process that never reloads this would be a thread for nothing. */
  watch(): void {
    if (this.#port !== null) return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    // It is only read when there is reason to: it must not keep the process alive.
    port1.unref();
    register('./module-hooks.js', import.meta.url, { data: { port: port2 }, transferList: [port2] });
  }

  /**
   * Loads the file, or gives what is loaded; resolves with what it exports by default: `module.exports` of CommonJS. Rejects with
   * whatever the module or the loader throws.
   */
  async load(path: string): Promise<unknown> {
    // Deleted from the cache by supersede(): to import it would keep it for ever.
    if (this.#isCommonJs.has(path)) return defaultOf(this.#require(path));
    const version = this.#versions.get(path);
    const url = pathToFileURL(path).href;
    try {
      const loaded: unknown = await import(version === undefined ? url : withVersion(url, version));
      const cached = requireHere.cache[path];
      if (cached === undefined) return readKey(loaded, 'default');
      this.#isCommonJs.add(path);
      return defaultOf(cached.exports);
    } catch (error) {
      // Loaders of the older kind know their files by `require` alone.
      if (readKey(error, 'code') !== 'ERR_UNKNOWN_FILE_EXTENSION' || !hasRequireHook(path)) throw error;
      this.#isCommonJs.add(path);
      return defaultOf(this.#require(path));
    }
  }

  /** From now on these files are loaded anew by whoever asks for them. */
  supersede(paths: Iterable<string>): Superseded {
    this.#latestVersion += 1;
    const modules = new Map<string, NodeJS.Module>();
    const versions = new Map<string, number | null>();
    for (const path of paths) {
      const module = requireHere.cache[path];
      if (module !== undefined) modules.set(path, module);
      delete requireHere.cache[path];
      versions.set(path, this.#versions.get(path) ?? null);
      this.#versions.set(path, this.#latestVersion);
    }
    this.graph.expect(versions.keys());
    this.#send([...versions.keys()].map((path) => [path, this.#latestVersion]));
    return { modules, versions };
  }

  /** They failed: whoever asks for these files gets the ones before again. */
  restore(superseded: Superseded): void {
    for (const [path, version] of superseded.versions) {
      if (version === null) this.#versions.delete(path);
      else this.#versions.set(path, version);
      delete requireHere.cache[path];
    }
    for (const [path, module] of superseded.modules) requireHere.cache[path] = module;
    this.#send([...superseded.versions]);
  }

  /** Takes in what the loader has reported, and what the entries and what they import have required. */
  update(entries: Iterable<string>): void {
    this.#readReports();
    // The closure grows with what is found, and is walked to its end.
    const files = this.graph.closure(entries);
    for (const path of files) {
      const required = requiredBy(requireHere.cache[path]);
      if (required === null) continue;
      this.graph.noteRequires(path, required, 'us');
      for (const one of required) files.add(one);
    }
    for (const [path, module] of Object.entries(requireHere.cache)) {
      if (this.graph.hasSeen(path)) continue;
      const required = requiredBy(module)?.filter((one) => files.has(one)) ?? [];
      if (required.length > 0) this.graph.noteRequires(path, required, 'app');
    }
  }

  /** Whether it was loaded as a CommonJS module, which leaves nothing behind when it is replaced. */
  isCommonJs(path: string): boolean {
    return this.#isCommonJs.has(path) || requireHere.cache[path] !== undefined;
  }

  #readReports(): void {
    const port = this.#port;
    if (port === null) return;
    for (let item = receiveMessageOnPort(port); item; item = receiveMessageOnPort(port)) {
      const message: ModuleMessage = item.message;
      this.graph.note(message);
    }
  }

  /** With a parent of its own: one that stays would list every version among its children. */
  #require(path: string): unknown {
    return createRequire(import.meta.url)(path);
  }

  #send(versions: VersionMessage): void {
    this.#port?.postMessage(versions);
  }
}

/** The one of this process. */
export const moduleLoading = new ModuleLoading();

/** The app's own files among what a CommonJS module requires; null: it is none. */
function requiredBy(module: NodeJS.Module | undefined): string[] | null {
  if (module === undefined) return null;
  return module.children.map((child) => child.filename).filter((path) => !isPackaged(path));
}

function hasRequireHook(path: string): boolean {
  return Object.keys(requireHere.extensions).some(
    (extension) => extension !== '.js' && path.endsWith(extension),
  );
}

/** What CommonJS exports; of a module that a compiler wrote, its `default`. */
function defaultOf(exported: unknown): unknown {
  return readKey(exported, '__esModule') === true ? readKey(exported, 'default') : exported;
}

function readKey(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
