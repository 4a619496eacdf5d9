import { assertNever } from '../core/failure.js';
import { formatDuration } from './duration.js';
import { printable, textWidth, truncate } from './printable.js';
import type { ServiceStatus, SessionStatus } from './status.js';
import type { Paint, Style } from './style.js';
import type { Gauges } from './types.js';

export interface StatusLine {
  /** `busy`: a spinner stands before the text; else this symbol, painted. */
  readonly symbol: 'busy' | { readonly text: string; readonly paint: Paint };
  /** Painted; takes at most the cells that were given. */
  readonly text: string;
}

export interface StatusLineView {
  readonly style: Style;
  readonly gauges: Gauges;
  readonly keys: boolean;
  /** Cells for the text, without the symbol. */
  readonly width: number;
}

/** The line at the bottom of the terminal; null where there is no service to tell of. Pure. */
export function formatStatusLine(status: SessionStatus, view: StatusLineView): StatusLine | null {
  const [first, ...others] = status.services;
  if (first === undefined) return null;
  const segments = [
    ...(others.length === 0 ? describeAlone(first, view) : describeTogether(status.services, view)),
    ...describeRest(status, view),
  ];
  return { symbol: symbolOf(status.services, view), text: fitSegments(segments, view) };
}

/** A part of the line. What is of the least worth goes first when the terminal is narrow; 0 never goes. */
interface Segment {
  readonly text: string;
  readonly paint: Paint;
  readonly worth: number;
}

const plain: Paint = (text) => text;

function describeAlone(service: ServiceStatus, view: StatusLineView): readonly Segment[] {
  const { activity, serving } = service;
  const name = printable(service.name);
  const at = (generation: number | null) => (generation === null ? name : `${name} #${generation}`);
  const head = (word: string, generation: number | null, paint: Paint): Segment => ({
    text: `${word}  ${at(generation)}`,
    paint,
    worth: 0,
  });
  const still = (generation: number): readonly Segment[] =>
    serving === null || serving.generation === generation
      ? []
      : [{ text: `#${serving.generation} serves`, paint: plain, worth: 8 }];
  switch (activity.state) {
    case 'idle':
      return [head('waiting', null, plain)];
    case 'building':
      return [head('building', activity.generation, view.style.cyan), ...still(activity.generation)];
    case 'starting':
      return [
        head('starting', activity.generation, view.style.cyan),
        ...still(activity.generation),
        pid(activity.pid),
      ];
    case 'draining':
      return [head('draining', activity.generation, view.style.cyan)];
    case 'failed':
      return [
        head('failed', activity.generation, view.style.red),
        ...still(activity.generation),
        {
          text:
            activity.retryMs === null
              ? 'waiting for a change'
              : `retries after ${formatDuration(activity.retryMs)}`,
          paint: plain,
          worth: 6,
        },
      ];
    case 'ready':
      return serving === null ? [head('ready', null, view.style.green)] : describeReady(head, serving, view);
    default:
      return assertNever(activity);
  }
}

function describeReady(
  head: (word: string, generation: number | null, paint: Paint) => Segment,
  serving: NonNullable<ServiceStatus['serving']>,
  { style, gauges }: StatusLineView,
): readonly Segment[] {
  const count = serving.functions.length;
  return [
    gauges.paused === true
      ? head('paused', serving.generation, style.yellow)
      : head('ready', serving.generation, style.green),
    { text: `${count} function${count === 1 ? '' : 's'}`, paint: plain, worth: 7 },
    pid(serving.pid),
  ];
}

function pid(value: number): Segment {
  return { text: `pid ${value}`, paint: plain, worth: 2 };
}

/** With several services each has its generation and, where it is not simply ready, its state. */
function describeTogether(services: readonly ServiceStatus[], { style }: StatusLineView): readonly Segment[] {
  return services.map(({ name, activity, serving }) => {
    const generation =
      'generation' in activity
        ? ` #${activity.generation}`
        : serving === null
          ? ''
          : ` #${serving.generation}`;
    const state = activity.state === 'ready' ? '' : ` ${activity.state}`;
    const paint =
      activity.state === 'failed' ? style.red : activity.state === 'ready' ? style.green : style.cyan;
    return { text: `${printable(name)}${generation}${state}`, paint, worth: 0 };
  });
}

function describeRest(status: SessionStatus, { style, gauges, keys }: StatusLineView): readonly Segment[] {
  const underWay = gauges.calls + gauges.jobs;
  return [
    ...(underWay > 0 ? [{ text: `${underWay} in flight`, paint: plain, worth: 4 }] : []),
    ...(gauges.held > 0 ? [{ text: `${gauges.held} held`, paint: style.yellow, worth: 9 }] : []),
    ...(status.upstream?.state === 'lost' ? [{ text: 'upstream lost', paint: style.yellow, worth: 8 }] : []),
    ...(status.gateway === null ? [] : [{ text: status.gateway, paint: plain, worth: 3 }]),
    ...(keys
      ? [
          {
            text: gauges.paused === true ? 'p resume  h help' : 'r reload  h help',
            paint: style.dim,
            worth: 1,
          },
        ]
      : []),
  ];
}

function symbolOf(
  services: readonly ServiceStatus[],
  { style, gauges }: StatusLineView,
): StatusLine['symbol'] {
  const states = new Set(services.map(({ activity }) => activity.state));
  if (states.has('building') || states.has('starting') || states.has('draining')) return 'busy';
  if (states.has('failed')) return { text: style.symbols.failed, paint: style.red };
  if (gauges.paused === true) return { text: style.symbols.paused, paint: style.yellow };
  if (states.has('idle')) return { text: style.symbols.idle, paint: style.dim };
  return { text: style.symbols.ready, paint: style.green };
}

function fitSegments(segments: readonly Segment[], { style, width }: StatusLineView): string {
  const between = ` ${style.dot} `;
  let kept = segments;
  while (textWidth(kept.map(({ text }) => text).join(between)) > width) {
    const least = Math.min(...kept.map(({ worth }) => (worth === 0 ? Number.POSITIVE_INFINITY : worth)));
    if (least === Number.POSITIVE_INFINITY) {
      return truncate(kept.map(({ text }) => text).join(between), width, style.ellipsis);
    }
    kept = kept.filter(({ worth }) => worth !== least);
  }
  return kept.map(({ text, paint }) => paint(text)).join(style.dim(between));
}
