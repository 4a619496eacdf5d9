import { createInterface } from 'node:readline';

/** A stand-in, ready to run in this process. */
export interface Program<Control extends object> {
  /** Resolves with its port. */
  listen(): Promise<number>;
  readonly control: Control;
  close(): void;
}

/** First line on stdout. `at`: epoch ms. */
export interface Listening {
  readonly listening: string;
  readonly at: number;
}

/** One line on stdin. */
export interface Command {
  readonly id: number;
  readonly do: string;
  readonly args: readonly unknown[];
}

/** The line on stdout that answers a command. `json`: what it gave back. */
export type Reply =
  | { readonly id: number; readonly json: string }
  | { readonly id: number; readonly error: string };

/**
 * Runs a stand-in by lines of JSON: says on stdout where it listens, then answers each command from stdin, in order. It ends when
 * stdin ends, so that it never outlives the test that started it.
 */
export async function run<Control extends object>(program: Program<Control>): Promise<void> {
  // Whoever read it is gone; stdin ends as well.
  process.stdout.on('error', () => undefined);
  const port = await program.listen();
  print({ listening: `127.0.0.1:${port}`, at: Date.now() });
  for await (const line of createInterface({ input: process.stdin })) {
    const command: Command = JSON.parse(line);
    print(await obey(program.control, command));
  }
  program.close();
}

async function obey(control: object, command: Command): Promise<Reply> {
  const method: unknown = Reflect.get(control, command.do);
  if (typeof method !== 'function') return { id: command.id, error: `no such command: ${command.do}` };
  const value: unknown = await Reflect.apply(method, control, command.args);
  return { id: command.id, json: JSON.stringify(value ?? null) };
}

function print(line: Listening | Reply): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
