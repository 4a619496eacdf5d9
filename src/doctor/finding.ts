import type { Finding, FindingLevel, Topic } from './types.js';

export interface FindingTexts {
  readonly details?: readonly string[];
  readonly remedies?: readonly string[];
}

/** Findings of one topic. */
export type Report = Readonly<Record<FindingLevel, (title: string, texts?: FindingTexts) => Finding>>;

/** `about('ports').warning('port 19090 is taken', ...)`. */
export function about(topic: Topic): Report {
  const make =
    (level: FindingLevel) =>
    (title: string, { details = [], remedies = [] }: FindingTexts = {}): Finding => ({
      topic,
      level,
      title,
      details,
      remedies,
    });
  return { ok: make('ok'), note: make('note'), warning: make('warning'), problem: make('problem') };
}
