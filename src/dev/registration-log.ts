/** Which generations of a service have registered; remembers that the service has an SDK at all. */
export class RegistrationLog {
  readonly #registered = new Map<number, { readonly promise: Promise<void>; readonly resolve: () => void }>();
  #ever = false;
  /** Some generation got ready without anything registered. */
  #someWereAlone = false;

  /** Some generation of this session registered functions by itself, so later ones will. */
  get everRegistered(): boolean {
    return this.#ever;
  }

  /** A generation of this session got ready by its port alone, so a later one need not be given time to register. */
  get isAlone(): boolean {
    return this.#someWereAlone && !this.#ever;
  }

  /** This generation got ready with nothing registered, and has not spoken to its listener. */
  noteAlone(): void {
    this.#someWereAlone = true;
  }

  /** Resolves when this generation has registered and its addresses answered. */
  registered(generation: number): Promise<void> {
    return this.#entry(generation).promise;
  }

  /** @param bySdk the process did it; false: what it serves over HTTP was registered for it */
  note(generation: number, bySdk: boolean): void {
    if (bySdk) this.#ever = true;
    this.#entry(generation).resolve();
  }

  /** This generation turned out to have nothing to register, and need not be waited for. */
  settle(generation: number): void {
    this.#entry(generation).resolve();
  }

  forget(generation: number): void {
    this.#registered.delete(generation);
  }

  #entry(generation: number): { readonly promise: Promise<void>; readonly resolve: () => void } {
    const known = this.#registered.get(generation);
    if (known !== undefined) return known;
    let resolve: () => void = () => {};
    const promise = new Promise<void>((fulfil) => {
      resolve = fulfil;
    });
    const entry = { promise, resolve };
    this.#registered.set(generation, entry);
    return entry;
  }
}
