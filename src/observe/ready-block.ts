import { formatDuration } from './duration.js';
import { printable } from './printable.js';
import type { ServiceStatus, UpstreamView } from './status.js';
import type { Style } from './style.js';

/** Functions that are named one by one; more are counted. */
const LISTED_FUNCTIONS = 8;

/** The first time that a service is ready: process, functions, where the calls go in, and how to make one. */
export function formatFirstReady(
  service: ServiceStatus,
  view: { readonly style: Style; readonly gateway: string | null; readonly upstream?: UpstreamView | null },
): readonly string[] {
  const { serving, lastReady } = service;
  if (serving === null) return [];
  const { style } = view;
  const time = lastReady?.generation === serving.generation ? ` in ${formatDuration(lastReady.ms)}` : '';
  const [example] = serving.functions;
  const row = (label: string, text: string): string => `  ${style.dim(label.padEnd(9))} ${text}`;
  return [
    `${style.green(style.symbols.ready)} ${style.bold(`${printable(service.name)} #${serving.generation} ready`)}${time} ${style.dim(`(pid ${serving.pid})`)}`,
    row('functions', listFunctions(serving.functions)),
    ...(view.gateway === null ? [] : [row('gateway', view.gateway)]),
    ...(view.upstream == null ? [] : [row('upstream', describeUpstream(view.upstream))]),
    ...(example === undefined ? [] : [row('try', `croupier invoke ${printable(example)} '{}'`)]),
  ];
}

function listFunctions(functions: readonly string[]): string {
  if (functions.length === 0) return 'none registered';
  const more = functions.length - LISTED_FUNCTIONS;
  const listed = functions.slice(0, LISTED_FUNCTIONS).map(printable).join(', ');
  return more > 0 ? `${listed}, and ${more} more` : listed;
}

function describeUpstream({ url, state }: UpstreamView): string {
  const words = { connecting: ' (connecting)', connected: '', lost: ' (not connected)' };
  return `${printable(url)}${words[state]}`;
}
