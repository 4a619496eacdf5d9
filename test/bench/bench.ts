/** `npm run bench`: measures the program beside its peers in the same run, and prints one table for each section. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { measureGatewayLatency } from './gateway-latency.js';
import { measureHotReload } from './hot.js';
import { measureLanguages } from './languages.js';
import { parseOptions, type SectionName, USAGE } from './options.js';
import { measureReload } from './reload.js';
import type { Section } from './section.js';
import { measureStartup } from './startup.js';
import { formatAim } from './table.js';
import { measureWatching } from './watching.js';

const options = parseOptions(process.argv.slice(2));
if (options.ok) {
  const { sections, saves, json } = options.value;
  const environment = describeEnvironment();
  process.stdout.write(
    `${environment.cores} cores (${environment.cpu}), Node ${environment.node}, ${environment.platform}\n`,
  );
  const measured: Section[] = [];
  for (const name of sections) {
    const section = await measure(name, saves);
    measured.push(section);
    process.stdout.write(`\n${section.title}\n\n${section.table}\n`);
    if (section.aims.length > 0) process.stdout.write(`\n${section.aims.map(formatAim).join('\n')}\n`);
  }
  if (json !== null) {
    const figures = Object.fromEntries(measured.map((section) => [section.name, section.figures]));
    writeFileSync(json, `${JSON.stringify({ environment, sections: figures }, null, 2)}\n`);
  }
} else {
  process.stderr.write(`${options.error}\n\n${USAGE}`);
  process.exitCode = 2;
}

function describeEnvironment() {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
}

async function measure(name: SectionName, saves: number | null): Promise<Section> {
  switch (name) {
    case 'reload': {
      const rounds = saves ?? 20;
      const section = await measureReload(rounds, (round) =>
        showProgress(`reload: round ${round} of ${rounds}`),
      );
      showProgress('');
      return section;
    }
    case 'hot': {
      const section = await measureHotReload(saves ?? 30, showProgress);
      showProgress('');
      return section;
    }
    case 'languages': {
      const section = await measureLanguages(saves ?? 15, showProgress);
      showProgress('');
      return section;
    }
    case 'gateway':
      return measureGatewayLatency();
    case 'watch':
      return measureWatching();
    case 'startup':
      return measureStartup();
  }
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K\r`);
}
