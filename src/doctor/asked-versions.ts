import { ProjectFolder } from '../config/detect/project-folder.js';
import { lowestOf } from '../core/version.js';

/** A version that a project asks for. */
export interface AskedVersion {
  /** Names of programs that it is about. */
  readonly tools: readonly string[];
  readonly atLeast: string;
  /** The file that says so. */
  readonly source: string;
}

interface Place {
  readonly tools: readonly string[];
  /** A file, or the ending of one (with a star before it). */
  readonly file: string;
  /** Its first group is a version or a range. */
  readonly pattern: RegExp;
}

const PYTHON = ['python', 'python3', 'py'];
const JAVA = ['java'];

/** Where projects say which version of their language they need. */
const PLACES: readonly Place[] = [
  { tools: ['node'], file: 'package.json', pattern: /"engines"\s*:\s*\{[^}]*"node"\s*:\s*"([^"]+)"/ },
  { tools: ['go'], file: 'go.mod', pattern: /^go\s+(\d+(?:\.\d+)*)/m },
  { tools: PYTHON, file: 'pyproject.toml', pattern: /^requires-python\s*=\s*["']([^"']+)["']/m },
  { tools: PYTHON, file: 'pyproject.toml', pattern: /^python\s*=\s*["']([^"']+)["']/m },
  { tools: PYTHON, file: 'Pipfile', pattern: /^python_version\s*=\s*["']([^"']+)["']/m },
  { tools: ['cargo', 'rustc'], file: 'Cargo.toml', pattern: /^rust-version\s*=\s*"([^"]+)"/m },
  {
    tools: JAVA,
    file: 'pom.xml',
    pattern: /<(?:java\.version|maven\.compiler\.(?:release|target))>(?:1\.)?(\d+)</,
  },
  { tools: JAVA, file: 'build.gradle', pattern: /JavaLanguageVersion\.of\((\d+)\)/ },
  { tools: JAVA, file: 'build.gradle.kts', pattern: /(?:JavaLanguageVersion\.of|jvmToolchain)\((\d+)\)/ },
  { tools: ['dotnet'], file: '*.csproj', pattern: /<TargetFrameworks?>net(\d+\.\d+)/ },
  { tools: ['dotnet'], file: '*.fsproj', pattern: /<TargetFrameworks?>net(\d+\.\d+)/ },
  { tools: ['php'], file: 'composer.json', pattern: /"require"\s*:\s*\{[^}]*"php"\s*:\s*"([^"]+)"/ },
  { tools: ['ruby'], file: 'Gemfile', pattern: /^ruby\s+["']([^"']+)["']/m },
  { tools: ['elixir', 'mix'], file: 'mix.exs', pattern: /elixir:\s*"([^"]+)"/ },
  {
    tools: ['cmake'],
    file: 'CMakeLists.txt',
    pattern: /cmake_minimum_required\s*\(\s*VERSION\s+(\d+(?:\.\d+)*)/i,
  },
];

/** The versions that the files of a folder (absolute) ask for. */
export async function readAskedVersions(folder: string): Promise<readonly AskedVersion[]> {
  const project = new ProjectFolder(folder);
  const names = await project.files();
  const asked: AskedVersion[] = [];
  for (const { tools, file, pattern } of PLACES) {
    const source = file.startsWith('*') ? names.find((name) => name.endsWith(file.slice(1))) : file;
    if (source === undefined || !names.includes(source)) continue;
    const range = pattern.exec((await project.read(source)) ?? '')?.[1];
    const atLeast = range === undefined ? null : lowestOf(range);
    if (atLeast !== null) asked.push({ tools, atLeast, source });
  }
  return asked;
}
