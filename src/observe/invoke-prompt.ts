import type { Result } from '../core/result.js';
import { askLine } from './ask-line.js';
import { printable } from './printable.js';
import type { InputStream, OutputStream } from './types.js';

export interface InvokePromptOptions {
  readonly stdin: InputStream;
  readonly output: OutputStream;
  /** Ids that can be called now. */
  readonly functions: readonly string[];
  readonly signal: AbortSignal;
}

/** What the user wants called. The payload is JSON text. */
export interface InvokeRequest {
  readonly functionId: string;
  readonly payload: string;
}

/** Asks for a function and a payload. Remembers earlier answers of this session. */
export class InvokePrompt {
  readonly #functionHistory: string[] = [];
  readonly #payloadHistory: string[] = [];
  readonly #lastPayloads = new Map<string, string>();

  /** null: given up, or nothing was typed. A payload that is not JSON is asked for again. */
  async ask({ functions, ...terminal }: InvokePromptOptions): Promise<InvokeRequest | null> {
    const [only, ...others] = functions;
    const typedId = await askLine({
      ...terminal,
      prompt: 'function (Tab completes): ',
      initial: only !== undefined && others.length === 0 ? only : '',
      completions: functions,
      history: this.#functionHistory,
    });
    const functionId = typedId?.trim() ?? '';
    if (functionId === '') return null;
    let typed = this.#lastPayloads.get(functionId) ?? '{}';
    for (;;) {
      const payload = await askLine({
        ...terminal,
        prompt: 'payload (JSON): ',
        initial: typed,
        completions: [],
        history: this.#payloadHistory,
      });
      if (payload === null) return null;
      const checked = checkJson(payload.trim() === '' ? '{}' : payload);
      if (checked.ok) {
        this.#lastPayloads.set(functionId, checked.value);
        return { functionId, payload: checked.value };
      }
      terminal.output.write(`${checked.error}\n`);
      typed = payload;
    }
  }
}

function checkJson(text: string): Result<string, string> {
  try {
    JSON.parse(text);
    return { ok: true, value: text };
  } catch (error) {
    return {
      ok: false,
      error: `not JSON: ${printable(error instanceof Error ? error.message : String(error))}`,
    };
  }
}
