/** Names of programs that others call: what a project is developed by. */
const SERVER = /serv|api|game|gateway|daemon|backend|match|lobby|world|web|http|grpc|rpc|^app|^main|^run/i;

/** A word in the names of programs that do one thing and end, or that call a server. */
const TOOL =
  /(?:^|[-_.])(?:migrat\w*|seed\w*|cli|clients?|tools?|gen\w*|bench\w*|load|loadtest|tests?|examples?|samples?|demo|scripts?|\w*ctl)(?:$|[-_.])/i;

export interface ProgramChoice<T> {
  readonly chosen: T;
  readonly others: readonly T[];
}

/**
 * Picks what to run among several programs of one project by their names: the one named like the project, then one that sounds
 * like a server, then the others in alphabetical order. null where all there are sound like tools, of which none should be
 * started by a guess (one of them could migrate a database).
 */
export function chooseProgram<T>(
  programs: readonly T[],
  nameOf: (program: T) => string,
  projectName: string | null,
): ProgramChoice<T> | null {
  const ranked = programs
    .map((program) => ({ program, name: nameOf(program), rank: rankOf(nameOf(program), projectName) }))
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const [first, ...rest] = ranked;
  if (first === undefined || (first.rank === TOOL_RANK && rest.length > 0)) return null;
  return { chosen: first.program, others: rest.map(({ program }) => program) };
}

const TOOL_RANK = 3;

function rankOf(name: string, projectName: string | null): number {
  if (name === projectName) return 0;
  // `LoadTest` is read as `Load-Test`.
  if (TOOL.test(name.replaceAll(/([a-z])(?=[A-Z])/g, '$1-'))) return TOOL_RANK;
  return SERVER.test(name) ? 1 : 2;
}
