import type { ReloadReport, ServiceStatusAnswer, StatusAnswer } from '../control/schemas.js';
import { assertNever } from '../core/failure.js';
import { formatDuration } from '../observe/duration.js';
import { printable, textWidth } from '../observe/printable.js';
import { formatReload } from '../observe/reload-line.js';
import { createStyle, type Style } from '../observe/style.js';
import { counted, joinPieces, type Page, type Piece } from './session-page.js';

/** Functions that are named; `croupier functions` lists all. */
const NAMED_FUNCTIONS = 3;
const INDENT = '    ';

/** A session for people, as lines that fit the page. */
export function formatStatus(status: StatusAnswer, page: Page): readonly string[] {
  const { style } = page;
  const dot = ` ${style.dot} `;
  const session = [`pid ${status.pid}`, `up ${formatDuration(status.uptimeMs)}`, `gateway ${status.gateway}`];
  return [
    joinPieces([{ text: session.join(dot) }], page),
    ...formatUpstream(status, page),
    ...(status.isPaused
      ? [joinPieces([{ text: 'paused: changed files wait for the key p', paint: style.yellow }], page)]
      : []),
    ...status.services.flatMap((service) => ['', ...formatService(service, page)]),
  ];
}

function formatUpstream({ upstream }: StatusAnswer, page: Page): readonly string[] {
  if (upstream === null) return [];
  const { style } = page;
  const { url, state, reason, reconnects } = upstream;
  const isGood = state === 'connected';
  const more = [
    ...(reconnects > 0 ? [counted(reconnects, 'reconnect')] : []),
    ...(reason === null ? [] : [printable(reason)]),
  ];
  return [
    joinPieces(
      [
        { text: `upstream ${printable(url)} ` },
        { text: state, paint: isGood ? style.green : style.yellow },
        { text: more.map((one) => ` ${style.dot} ${one}`).join('') },
      ],
      page,
    ),
  ];
}

function formatService(service: ServiceStatusAnswer, page: Page): readonly string[] {
  const { style } = page;
  return [
    joinPieces([...headline(service, page)], page),
    ...service.active.slice(service.active.length > 1 ? 0 : 1).map((one) => {
      const text = `  instance ${one.instance ?? '?'}  #${one.generation}  pid ${one.pid ?? '?'}  up ${uptime(one.startedAt)}`;
      return joinPieces([{ text }], page);
    }),
    joinPieces([{ text: `  ${describeCalls(service, style.dot)}` }], page),
    joinPieces([{ text: `  ${describeFunctions(service)}` }], page),
    ...formatFailure(service, page),
    ...(service.lastReload === null ? [] : formatLastReload(service.lastReload, page)),
  ];
}

function headline(service: ServiceStatusAnswer, { style }: Page): readonly Piece[] {
  const { name, state, active, isServing, isDrained } = service;
  const [only, ...others] = active;
  const paint = paintOf(service, style);
  return [
    { text: `${isServing ? style.symbols.ready : style.symbols.idle} `, paint },
    { text: printable(name), paint: style.bold },
    { text: '  ' },
    { text: describeState(state, isServing), paint },
    ...(isDrained ? [{ text: '  drained', paint: style.yellow }] : []),
    ...(only === undefined || others.length > 0
      ? []
      : [{ text: `  #${only.generation}  pid ${only.pid ?? '?'}  up ${uptime(only.startedAt)}` }]),
    ...(others.length > 0 ? [{ text: `  ${active.length} instances` }] : []),
  ];
}

function paintOf({ state, isServing }: ServiceStatusAnswer, style: Style) {
  if (state === 'failed') return isServing ? style.yellow : style.red;
  return state === 'ready' ? style.green : style.yellow;
}

function describeState(state: ServiceStatusAnswer['state'], isServing: boolean): string {
  switch (state) {
    case 'idle':
      return 'not started';
    case 'building':
    case 'starting':
    case 'ready':
    case 'draining':
      return state;
    case 'failed':
      return isServing ? 'failed, the old one serves' : 'failed';
    default:
      return assertNever(state);
  }
}

function describeCalls({ inFlight, held, calls, crashes }: ServiceStatusAnswer, dot: string): string {
  return [
    `in flight ${inFlight.calls}`,
    ...(inFlight.jobs > 0 ? [counted(inFlight.jobs, 'job')] : []),
    `held ${held}`,
    `answered ${calls.answered}`,
    `lost ${calls.lost}`,
    ...(crashes > 0 ? [counted(crashes, 'crash', 'crashes')] : []),
  ].join(` ${dot} `);
}

function describeFunctions({ functions }: ServiceStatusAnswer): string {
  if (functions.length === 0) return 'no functions';
  const named = functions.slice(0, NAMED_FUNCTIONS).map(({ id, version }) => printable(`${id} ${version}`));
  const more = functions.length - named.length;
  return `${counted(functions.length, 'function')}: ${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function formatFailure({ failure }: ServiceStatusAnswer, page: Page): readonly string[] {
  if (failure === null) return [];
  return [joinPieces([{ text: `  ${printable(failure.message)}`, paint: page.style.red }], page)];
}

function formatLastReload(report: ReloadReport, page: Page): readonly string[] {
  const ago = formatDuration(Date.now() - Date.parse(report.time));
  return [
    joinPieces([{ text: `  last reload, ${ago} ago`, paint: page.style.dim }], page),
    ...formatReport(report, { ...page, width: page.width - INDENT.length }).map((line) => INDENT + line),
  ];
}

/** One reload in one to three lines, and why it failed. */
export function formatReport(report: ReloadReport, page: Page, showService = false): readonly string[] {
  const { style, width } = page;
  const plain = formatReload(
    { type: 'reload.finished', ...report },
    { style: withoutColor(style), serving: report.serving, showService, verbose: false, width },
  );
  // Phases and calls are told apart by a wider gap: there a line is broken once more where it has to be.
  const lines = plain.flatMap((line) =>
    textWidth(line) <= width
      ? [line]
      : line.split('   ').map((part, index) => (index > 0 ? `  ${part}` : part)),
  );
  const paint = { swapped: style.green, hot: style.green, 'kept-old': style.yellow, failed: style.red };
  return [
    ...lines.map((text, index) =>
      joinPieces([{ text, paint: index === 0 ? paint[report.outcome] : style.dim }], page),
    ),
    ...(report.failure === null
      ? []
      : [joinPieces([{ text: `  ${printable(report.failure)}`, paint: style.red }], page)]),
  ];
}

function withoutColor(style: Style): Style {
  const { symbols, frame, dot, ellipsis } = style;
  return { ...createStyle({ color: false, unicode: false }), symbols, frame, dot, ellipsis };
}

function uptime(startedAt: string | null): string {
  return startedAt === null ? '?' : formatDuration(Date.now() - Date.parse(startedAt));
}
