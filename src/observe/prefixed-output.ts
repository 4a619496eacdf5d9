import { OutputLines } from './output-lines.js';
import { printable } from './printable.js';
import type { Paint, Style } from './style.js';

type StreamName = 'stdout' | 'stderr';

/** Puts each service's name before its lines. Only whole lines go out, so that services do not mix within one. */
export class PrefixedOutput {
  readonly #style: Style;
  #width = 0;
  #services: readonly string[] = [];
  readonly #write: (stream: StreamName, chunk: Uint8Array) => void;
  readonly #lines = new Map<string, OutputLines>();

  constructor(options: {
    readonly services: readonly string[];
    readonly style: Style;
    readonly write: (stream: StreamName, chunk: Uint8Array) => void;
  }) {
    this.#style = options.style;
    this.#write = options.write;
    this.setServices(options.services);
  }

  /** Names, in the order of their colours. Nothing of a service that is gone is kept. */
  setServices(services: readonly string[]): void {
    for (const gone of this.#services.filter((name) => !services.includes(name))) {
      this.end(gone);
      for (const stream of ['stdout', 'stderr'] as const) this.#lines.delete(`${stream} ${gone}`);
    }
    this.#services = services;
    this.#width = Math.max(0, ...services.map((name) => name.length));
  }

  push(service: string, stream: StreamName, chunk: Uint8Array): void {
    for (const line of this.#linesOf(service, stream).push(chunk)) this.#print(service, stream, line);
  }

  /** The last line of a process that ended without a line end. */
  end(service: string): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      for (const line of this.#linesOf(service, stream).end()) this.#print(service, stream, line);
    }
  }

  #linesOf(service: string, stream: StreamName): OutputLines {
    const key = `${stream} ${service}`;
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const lines = new OutputLines();
    this.#lines.set(key, lines);
    return lines;
  }

  #print(service: string, stream: StreamName, line: Buffer): void {
    const prefix = `${this.#paint(service)(printable(service).padEnd(this.#width))} ${this.#style.dim(this.#style.frame)} `;
    this.#write(stream, Buffer.concat([Buffer.from(prefix), line, Buffer.from('\n')]));
  }

  #paint(service: string): Paint {
    const { cyan, yellow, green } = this.#style;
    const paints = [cyan, yellow, green] as const;
    return paints[Math.max(0, this.#services.indexOf(service)) % paints.length] ?? cyan;
  }
}
