import { parseArgs } from 'node:util';

type Value = string | undefined;

/** Reads the flags of a stand-in; each value is checked here, so that a typing error does not change a test silently. */
export class Flags {
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  /** `strings` take a value (`--kind appending`), `switches` none (`--retry`). */
  constructor(argv: readonly string[], strings: readonly string[], switches: readonly string[] = []) {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        ...Object.fromEntries(strings.map((name) => [name, { type: 'string' as const }])),
        ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
      },
    });
    this.#values = values;
  }

  text(name: string): Value {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  isOn(name: string): boolean {
    return this.#values[name] === true;
  }

  number(name: string, otherwise: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (text === '' || !Number.isFinite(value) || value < 0)
      throw new Error(`--${name} ${text}: not a number`);
    return value;
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[], otherwise: Choice): Choice {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    return chosen(name, choices, text);
  }

  someOf<Choice extends string>(
    name: string,
    choices: readonly Choice[],
    otherwise: readonly Choice[],
  ): readonly Choice[] {
    return this.list(name)?.map((text) => chosen(name, choices, text)) ?? otherwise;
  }

  /** Values with commas between them. */
  list(name: string): readonly string[] | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : text.split(',').filter((part) => part !== '');
  }
}

function chosen<Choice extends string>(name: string, choices: readonly Choice[], text: string): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Error(`--${name} ${text}: expected ${choices.join(', ')}`);
  return found;
}

/** Paths of PEM files; an authority (`--ca`) asks callers for a certificate of it. */
export const TLS_FLAGS = [
  'cert',
  'key',
  'ca',
  'dial-ca',
  'dial-cert',
  'dial-key',
  'dial-server-name',
] as const;

/** What TLS_FLAGS say. */
export function tlsOf(flags: Flags) {
  return {
    tls: { cert: flags.text('cert'), key: flags.text('key'), ca: flags.text('ca') },
    dialTls: {
      ca: flags.text('dial-ca'),
      cert: flags.text('dial-cert'),
      key: flags.text('dial-key'),
      serverName: flags.text('dial-server-name'),
    },
  };
}
