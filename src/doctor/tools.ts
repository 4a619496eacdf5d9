import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Tools } from '../config/detect/tools.js';
import { displayPath } from '../config/load.js';
import { isOlder, parseVersion } from '../core/version.js';
import { askVersion } from '../process/tool-version.js';
import { about } from './finding.js';
import { findKnownTool, toolName } from './known-tools.js';
import { findNeededTools, type NeededTool } from './needed-tools.js';
import type { Examination, Finding, Surroundings } from './types.js';

/** Build tools that run on a JVM take up to a second on a busy machine; ms. Less than a topic's own limit. */
const VERSION_TIMEOUT_MS = 1_800;

/** The programs that the project needs: whether they are there, and of which version. */
export const tools: Examination = {
  topic: 'tools',
  run: async (surroundings, signal) => {
    const needed = await findNeededTools(surroundings.project, surroundings.env);
    const lookUps = new Map<string, Tools>();
    return Promise.all(
      needed.map(async (tool) => {
        const path = tool.searchPath ?? '';
        const inPath = lookUps.get(path) ?? new Tools(tool.searchPath);
        lookUps.set(path, inPath);
        return (await isThere(tool.program, inPath))
          ? tellVersion(tool, surroundings, signal)
          : missing(tool, surroundings);
      }),
    );
  },
};

async function isThere(program: string, inPath: Tools): Promise<boolean> {
  if (!isAbsolute(program)) return inPath.has(program);
  return (await stat(program).catch(() => null))?.isFile() ?? false;
}

function missing({ program, purpose, cwd }: NeededTool, { project }: Surroundings): Finding {
  const source = findKnownTool(program)?.source ?? null;
  const what = isAbsolute(program)
    ? `${displayPath(project.cwd, program)} is not there, and ${purpose}`
    : `${program} is not in PATH, and ${purpose}`;
  const install = source === null ? [] : [`Install it from ${source}, or put its folder into PATH.`];
  return about('tools').problem(what, {
    details: isAbsolute(program) ? [] : [`It is looked for when something is started in ${cwd}.`],
    remedies: install,
  });
}

async function tellVersion(
  tool: NeededTool,
  { project, env }: Surroundings,
  signal: AbortSignal,
): Promise<Finding> {
  const { program, purpose, cwd, searchPath } = tool;
  const name = isAbsolute(program) ? displayPath(project.cwd, program) : program;
  const known = findKnownTool(program);
  const { ok, note } = about('tools');
  if (known === null) return ok(`${name} is there, and ${purpose}`);
  const text = await askVersion({
    program,
    args: known.args,
    cwd,
    env: { ...env, ...(searchPath !== undefined && { PATH: searchPath }) },
    timeoutMs: VERSION_TIMEOUT_MS,
    signal,
  });
  const version = text === null ? undefined : known.version.exec(text)?.[1];
  if (version === undefined) {
    return note(`${name} is there, but did not tell its version within ${VERSION_TIMEOUT_MS} ms`);
  }
  return judgeVersion(name, version, tool);
}

/** Compares the version with those that the project asks for. */
export function judgeVersion(
  name: string,
  version: string,
  { program, purpose, asked }: NeededTool,
): Finding {
  const { ok, note, problem } = about('tools');
  const is = (other: string) => isOlder(parseVersion(version) ?? [], parseVersion(other) ?? []);
  const mine = asked.filter(({ tools: names }) => names.includes(toolName(program)));
  const unmet = mine.find(({ atLeast }) => is(atLeast));
  if (unmet === undefined) {
    const wanted = mine[0];
    return ok(
      `${name} ${version} ${purpose}${wanted === undefined ? '' : ` (${wanted.source} asks for ${wanted.atLeast})`}`,
    );
  }
  const title = `${name} ${version} is too old: ${unmet.source} asks for ${unmet.atLeast}`;
  // Since 1.21 the go command fetches the version that go.mod names.
  if (toolName(program) === 'go' && !is('1.21')) {
    return note(title, {
      details: ['Go fetches the one it needs at the first build, unless GOTOOLCHAIN=local.'],
    });
  }
  const source = findKnownTool(program)?.source ?? null;
  return problem(title, {
    remedies: source === null ? ['Install a newer one.'] : [`Install a newer one from ${source}`],
  });
}
