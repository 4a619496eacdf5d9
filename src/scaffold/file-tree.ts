/** Paths with `/` as a tree, one entry a line; the folder's name is above it. */
export function drawTree(name: string, paths: readonly string[]): readonly string[] {
  const root: Branch = new Map();
  for (const path of [...paths].sort(byFolderFirst)) {
    let branch = root;
    for (const part of path.split('/')) {
      const next = branch.get(part) ?? new Map();
      branch.set(part, next);
      branch = next;
    }
  }
  return [`${name}/`, ...drawBranch(root, '')];
}

type Branch = Map<string, Branch>;

function drawBranch(branch: Branch, indent: string): string[] {
  const entries = [...branch];
  return entries.flatMap(([name, below], index) => {
    const isLast = index === entries.length - 1;
    const line = `${indent}${isLast ? '└─ ' : '├─ '}${name}${below.size > 0 ? '/' : ''}`;
    return [line, ...drawBranch(below, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

/** Folders before files, each by name. */
function byFolderFirst(a: string, b: string): number {
  const [left = '', ...leftRest] = a.split('/');
  const [right = '', ...rightRest] = b.split('/');
  if (left === right) return byFolderFirst(leftRest.join('/'), rightRest.join('/'));
  if (leftRest.length > 0 !== rightRest.length > 0) return leftRest.length > 0 ? -1 : 1;
  return left < right ? -1 : 1;
}
