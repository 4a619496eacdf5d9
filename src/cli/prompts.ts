import { Readable, Writable } from 'node:stream';
import type { CliIo } from './io.js';

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Shown beside the choice that the cursor is on. */
  readonly hint?: string;
}

/** Questions to the user. null: they do not want to go on (Ctrl-C, Escape). */
export interface Prompts {
  select<Value extends string>(message: string, choices: readonly Choice<Value>[]): Promise<Value | null>;
  /** `check` says what is wrong with an answer; null: nothing. */
  text(
    message: string,
    options: { readonly initial: string; check(value: string): string | null },
  ): Promise<string | null>;
}

/** Whether there is somebody to ask. */
export function canAsk({ stdin, stdout, env }: CliIo): boolean {
  const isAutomated = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  return stdin.isTTY === true && stdout.isTTY === true && !isAutomated;
}

/** Questions in the terminal. The library is loaded here, for no other command needs it. */
export async function createPrompts({ stdin, stdout }: CliIo): Promise<Prompts> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const streams = {
    ...(stdin instanceof Readable && { input: stdin }),
    ...(stdout instanceof Writable && { output: stdout }),
  };
  return {
    async select<Value extends string>(message: string, choices: readonly Choice<Value>[]) {
      const options = choices.map(
        ({ value, label, hint }): Choice<string> => ({
          value,
          label,
          ...(hint !== undefined && { hint }),
        }),
      );
      const answer = await select({ ...streams, message, options });
      return choices.find(({ value }) => value === answer)?.value ?? null;
    },
    async text(message, { initial, check }) {
      const answer = await text({
        ...streams,
        message,
        initialValue: initial,
        validate: (value) => check((value ?? '').trim()) ?? undefined,
      });
      return isCancel(answer) ? null : answer.trim();
    },
  };
}
