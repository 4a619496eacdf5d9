import * as kleur from 'kleur/colors';

export type Paint = (text: string) => string;

/** Colours and symbols for our own lines. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  readonly symbols: Symbols;
  /** The open end of a frame around somebody else's lines. */
  readonly frame: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly color: boolean;
}

export interface Symbols {
  readonly done: string;
  readonly kept: string;
  readonly failed: string;
  readonly ready: string;
  readonly idle: string;
  readonly paused: string;
}

// kleur decides once, from stdout alone. Our lines go to stderr and are decided for each reporter (color.ts).
kleur.$.enabled = true;

const plain: Paint = (text) => text;

export function createStyle(options: { readonly color: boolean; readonly unicode: boolean }): Style {
  const paint = (color: Paint): Paint => (options.color ? color : plain);
  return {
    bold: paint(kleur.bold),
    dim: paint(kleur.dim),
    red: paint(kleur.red),
    green: paint(kleur.green),
    yellow: paint(kleur.yellow),
    cyan: paint(kleur.cyan),
    color: options.color,
    ...(options.unicode
      ? {
          symbols: { done: '✔', kept: '▲', failed: '✘', ready: '●', idle: '○', paused: '‖' },
          frame: '│',
          dot: '·',
          ellipsis: '…',
        }
      : {
          symbols: { done: '+', kept: '!', failed: 'x', ready: '*', idle: 'o', paused: '=' },
          frame: '|',
          dot: '-',
          ellipsis: '...',
        }),
  };
}
