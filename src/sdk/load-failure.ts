import { messageOf } from './handler-failure.js';
import { withoutVersions } from './module-url.js';

/** Longer texts (a compiler's, with excerpts of the source) are cut, in characters. */
const MAX_LENGTH = 2_000;

/**
 * Why a module could not be loaded, for people: the message, and the place in the project where there is one. `root`: absolute.
 * `findSyntaxError` is asked for a place (`path:line`, absolute) where the error of a parser has none.
 */
export async function describeLoadFailure(
  thrown: unknown,
  root: string,
  findSyntaxError: () => Promise<string | null>,
): Promise<string> {
  const name = thrown instanceof Error && thrown.name !== 'Error' ? `${thrown.name}: ` : '';
  let place = thrown instanceof Error ? placeOf(thrown.stack ?? '', root) : null;
  if (place === null && thrown instanceof SyntaxError) {
    place = placeOf((await findSyntaxError()) ?? '', root);
  }
  const message = shorten(`${name}${messageOf(thrown)}`, root);
  const isNamed = place === null || message.includes(place);
  return (isNamed ? message : `${message} (${place})`).slice(0, MAX_LENGTH);
}

/** The first place of a stack that lies in the project, such as `functions/ban.ts:3:7`. */
function placeOf(stack: string, root: string): string | null {
  for (const line of withoutVersions(stack).split('\n')) {
    const at = line.indexOf(`${root}/`);
    const place = at < 0 ? null : /^[^\s()]+?:\d+(?::\d+)?/.exec(line.slice(at + root.length + 1));
    if (place !== null && place !== undefined && !place[0].includes('node_modules/')) return place[0];
  }
  return null;
}

function shorten(text: string, root: string): string {
  return withoutVersions(text).replaceAll(`file://${root}/`, '').replaceAll(`${root}/`, '');
}
