import type { Section } from './section.js';
import { formatTable } from './table.js';
import { measureWatch } from './watch.js';

const FILES = 50_000;

/** Watching a large tree, each backend in a process of its own. */
export async function measureWatching(): Promise<Section> {
  const figures = await measureWatch(FILES);
  return {
    name: 'watch',
    title: `Watching ${FILES} files: ms until ready, memory, ms until a save is noticed`,
    table: formatTable(
      ['', 'ready', 'MB resident', 'MB before', 'save noticed', 'slowest'],
      figures.map((one) => [
        one.variant,
        one.readyMs.toFixed(0),
        one.residentMb.toFixed(0),
        one.emptyMb.toFixed(0),
        one.noticedMs.toFixed(1),
        one.slowestMs.toFixed(1),
      ]),
    ),
    aims: [],
    figures,
  };
}
