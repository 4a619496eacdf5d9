/**
 * `npm run tools`: game servers made from the templates, under the tools that people restart them with, without `croupier dev`: one
 * reload after the other under steady calls, through an agent that holds nothing and through `croupier agent`. Prints a table in
 * Markdown. Ends with exit code 1 if a trial did not come to its end. A tool whose language is missing is skipped with a line.
 */
import { median } from '../bench/statistics.js';
import { parseOptions, type ToolsOptions, USAGE } from './options.js';
import type { Tool } from './tool.js';
import { ToolProject } from './tool-project.js';
import { runTrial, type Trial } from './trial.js';

const HEAD = ['tool', 'agent', 'reloads', 'calls', 'lost', 'save -> new answer, median', 'slowest'];

/** Kinds of losses that are printed for each trial. */
const KINDS_OF_LOSSES = 5;

const options = parseOptions(process.argv.slice(2));
if (options.ok) {
  if (!(await runTools(options.value))) process.exitCode = 1;
} else {
  process.stderr.write(`${options.error}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** True: every trial came to its end. */
async function runTools(settings: ToolsOptions): Promise<boolean> {
  const rows: (readonly string[])[] = [];
  let isWell = true;
  for (const tool of settings.tools) {
    const missing = tool.findMissing();
    if (missing !== null) {
      print(`${tool.name}: skipped, ${missing} is not there`);
      continue;
    }
    for (const trial of await runTool(tool, settings)) {
      if (trial.problem !== null) isWell = false;
      rows.push(toRow(tool, trial));
      describe(tool, trial);
    }
  }
  print(`\n${toMarkdown([HEAD, HEAD.map((_, column) => (column < 2 ? '---' : '---:')), ...rows])}`);
  return isWell;
}

async function runTool(tool: Tool, settings: ToolsOptions): Promise<readonly Trial[]> {
  const project = await ToolProject.make(tool.template);
  try {
    await tool.prepare(project);
    const trials: Trial[] = [];
    for (const agent of settings.agents) trials.push(await runTrial(tool, project, agent, settings));
    return trials;
  } finally {
    project.remove();
  }
}

function describe(tool: Tool, { agent, calls, losses, problem }: Trial): void {
  print(`${tool.name}, agent ${agent}: ${calls} calls, ${losses.length} lost`);
  const kinds = new Map<string, number>();
  // Addresses differ from loss to loss.
  for (const why of losses.map((text) => text.replaceAll(/:\d{4,5}\b/g, ':PORT'))) {
    kinds.set(why, (kinds.get(why) ?? 0) + 1);
  }
  const byCount = [...kinds].sort(([, one], [, other]) => other - one);
  for (const [why, count] of byCount.slice(0, KINDS_OF_LOSSES)) print(`  ${count} x ${why}`);
  if (problem !== null) print(`  FAILED: ${problem.replaceAll('\n', '\n    ')}`);
}

function toRow(tool: Tool, { agent, calls, losses, reloads }: Trial): readonly string[] {
  const ms = (value: number) => (Number.isFinite(value) ? `${value.toFixed(0)} ms` : '-');
  const counts = [reloads.length, calls, losses.length].map(String);
  return [tool.name, agent, ...counts, ms(median(reloads)), ms(Math.max(...reloads))];
}

function toMarkdown(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
