import type { GenerationLink } from './generation-link.js';
import { type InstanceRef, instanceKey } from './instance-key.js';
import type { GateMode, ServiceView } from './route.js';

/** Where the calls of one supervised service (or one instance of it) go, as its supervisor last said. */
export class ServiceRouting implements ServiceView {
  readonly key: string;
  readonly name: string;
  mode: GateMode = 'hold-all';
  failure = '';
  lastUse = 0;
  readonly #links: ReadonlyMap<number, GenerationLink>;
  #routed: GenerationLink | null = null;
  /** Ids of the functions of the generation that was routed last, also after its end. */
  #known: ReadonlySet<string> = new Set();

  constructor(ref: InstanceRef, links: ReadonlyMap<number, GenerationLink>) {
    this.key = instanceKey(ref);
    this.name = ref.name;
    this.#links = links;
  }

  /** The generation that was routed last; it may be gone. */
  get routed(): GenerationLink | null {
    return this.#routed;
  }

  get wasActive(): boolean {
    return this.#routed !== null;
  }

  get load(): number {
    return this.#routed?.process.underway.size ?? 0;
  }

  route(link: GenerationLink): void {
    this.#routed = link;
    this.mode = 'routed';
    this.noteFunctions(link);
  }

  /** Remembers what the routed generation serves; to be called on every change, and before its end. */
  noteFunctions(link: GenerationLink): void {
    if (link === this.#routed && link.isOpen) this.#known = new Set(link.process.knownFunctionIds);
  }

  knows(functionId: string): boolean {
    if (this.#known.has(functionId)) return true;
    const routed = this.#routed?.number ?? 0;
    for (const link of this.#links.values()) {
      if (link.isOpen && link.number > routed && link.process.endpointOf(functionId) !== null) return true;
    }
    return false;
  }

  /** Why calls wait, in words. */
  describeWait(): string {
    if (this.mode === 'routed' && this.#routed?.isOpen === true) {
      return `${this.name} cannot be reached at the moment`;
    }
    return this.wasActive ? `${this.name} is being restarted` : `${this.name} is not ready yet`;
  }
}
