import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Memory that modules of earlier versions hold for ever, because Node's loader keeps every ES module. It is measured, not estimated by the
 * size of the source: a module of a hundred bytes can make a table of megabytes.
 *
 * The heap before and after a load differ by the new modules and by what the load threw away. A collection of the young objects (1 to 2 ms)
 * on both sides takes nearly all of the latter out. What calls allocate meanwhile, and keep, is counted as well, and so are 4 to 90 KB of
 * the loader's own garbage: it is told rather too much than too little.
 */
export class ModuleMemory {
  #leakedBytes = 0;

  /** In all loads that were told by addLeak(). */
  get leakedBytes(): number {
    return this.#leakedBytes;
  }

  /** A load begins; the returned function ends it, and adds what it left. */
  measure(): () => void {
    const before = settledHeap();
    return () => {
      this.#leakedBytes += Math.max(0, settledHeap() - before);
    };
  }
}

type CollectGarbage = (options: { readonly type: 'minor' }) => unknown;

let collector: CollectGarbage | null | undefined;

/** Heap and buffers in bytes, after the young garbage was collected. */
function settledHeap(): number {
  if (collector === undefined) collector = findCollector();
  collector?.({ type: 'minor' });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Node shows its collector only to those who ask by a flag; asking for a moment, in a context of our own, leaves no trace. */
function findCollector(): CollectGarbage | null {
  if (globalThis.gc !== undefined) return globalThis.gc;
  setFlagsFromString('--expose-gc');
  try {
    const found: unknown = runInNewContext('gc');
    return typeof found === 'function' ? (options) => Reflect.apply(found, undefined, [options]) : null;
  } catch {
    return null;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
