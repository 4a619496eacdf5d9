/** Which generations of a service have registered; remembers that the service has an SDK at all. */
export class RegistrationLog {
  readonly #registered = new Map<number, { readonly promise: Promise<void>; readonly resolve: () => void }>();
  #ever = false;

  /** Some generation of this session registered functions. */
  get everRegistered(): boolean {
    return this.#ever;
  }

  /** Resolves when this generation has registered and its addresses answered. */
  registered(generation: number): Promise<void> {
    return this.#entry(generation).promise;
  }

  note(generation: number): void {
    this.#ever = true;
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
