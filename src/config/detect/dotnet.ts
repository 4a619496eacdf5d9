import { posix } from 'node:path';
import { build, found, listNames, makeCandidate, rejected, words } from './candidate.js';
import { type Candidate, type Detection, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';
import { elementsAt, parseXml, textAt, type XmlElement } from './xml.js';

/** A language whose projects the dotnet command builds. */
export interface DotnetLanguage {
  readonly name: 'C#' | 'F#';
  /** Ending of its project files. */
  readonly project: '.csproj' | '.fsproj';
  /** Endings of its sources. */
  readonly sources: readonly string[];
}

/** Projects of a solution that are looked at. */
const MOST_PROJECTS = 40;

/** A project that makes a program. */
interface DotnetProgram {
  /** The project file, relative to the folder. */
  readonly file: string;
  readonly isWeb: boolean;
  /** Name of the assembly without `.dll`. */
  readonly assembly: string;
}

/** The project in the folder, else the one program of the solution in it. */
export async function detectDotnet(project: ProjectFolder, language: DotnetLanguage): Promise<Detection> {
  const names = await project.files();
  const own = names.filter((name) => name.endsWith(language.project));
  const solution = names.find((name) => /\.slnx?$/.test(name)) ?? null;
  const isOfAnother = names.some((name) => /\.(?:cs|fs|vb)proj$/.test(name)) && own.length === 0;
  if (isOfAnother || (own.length === 0 && solution === null)) return NOTHING_FOUND;
  const listed =
    own.length > 0 || solution === null
      ? own
      : projectsOf(solution, (await project.read(solution)) ?? '').filter((file) =>
          file.endsWith(language.project),
        );
  const programs: DotnetProgram[] = [];
  const refused: string[] = [];
  for (const file of listed.slice(0, MOST_PROJECTS)) {
    const program = await readProgram(project, file);
    if (typeof program === 'string') refused.push(program);
    else programs.push(program);
  }
  const [program, ...others] = programs;
  if (program === undefined) return { candidates: [], rejected: refused };
  if (others.length > 0) {
    return rejected(
      `${solution ?? 'The folder'}: there are several programs (${listNames(programs.map(({ file }) => file))}), and none is guessed: name one, such as croupier dev -- dotnet run --project ${program.file}.`,
    );
  }
  return found(toCandidate(language, program, solution));
}

function toCandidate(language: DotnetLanguage, program: DotnetProgram, solution: string | null): Candidate {
  const { file, assembly, isWeb } = program;
  const folder = posix.dirname(file);
  // `dotnet run` would take the environment and the address from launchSettings.json: one fixed port for every generation.
  const settings = [
    ...['--urls', 'http://127.0.0.1:{port}', '--environment', 'Development'],
    ...(folder === '.' ? [] : ['--contentRoot', folder]),
  ];
  const web = isWeb ? settings : [];
  return makeCandidate({
    language: language.name,
    marker: folder === '.' || solution === null ? file : solution,
    source: isWeb ? `${file}, ASP.NET Core` : file,
    command: words('dotnet', `{artifact}/${assembly}.dll`, ...web),
    build: build(words('dotnet', 'build', file, '--nologo', '-v', 'quiet', '-o', '{artifact}')),
    byHand: words(
      'dotnet',
      'run',
      '--project',
      file,
      ...(isWeb ? ['--no-launch-profile', '--', ...web] : []),
    ),
    extensions: [
      ...language.sources,
      language.project,
      ...['.props', '.targets', '.json', '.cshtml', '.razor', '.resx', '.proto', '.html'],
    ],
    ignore: ['bin/', 'obj/', '.vs/', 'TestResults/'],
    tools: ['dotnet'],
  });
}

/** A program, or why it is none. */
async function readProgram(project: ProjectFolder, file: string): Promise<DotnetProgram | string> {
  const text = await project.read(file);
  if (text === null) return `${file} cannot be read.`;
  const root = parseXml(text);
  if (root === null || root.name !== 'Project') return `${file} is not the XML of a project.`;
  const sdk = sdkOf(root);
  const isWeb = sdk.startsWith('Microsoft.NET.Sdk.Web');
  const isProgram =
    isWeb || sdk.startsWith('Microsoft.NET.Sdk.Worker') || isExe(property(root, 'OutputType'));
  if (isTest(root)) return `${file} is a project of tests.`;
  if (!isProgram) return `${file} makes a library: its OutputType is not Exe.`;
  const named = property(root, 'AssemblyName');
  const assembly = named === null || named.includes('$(') ? posix.basename(file, posix.extname(file)) : named;
  return { file, isWeb, assembly };
}

function sdkOf(root: XmlElement): string {
  return root.attributes.Sdk ?? elementsAt(root, 'Sdk')[0]?.attributes.Name ?? '';
}

function property(root: XmlElement, name: string): string | null {
  return textAt(root, `PropertyGroup/${name}`);
}

function isExe(outputType: string | null): boolean {
  return outputType !== null && /^(?:win)?exe$/i.test(outputType);
}

function isTest(root: XmlElement): boolean {
  return (
    property(root, 'IsTestProject')?.toLowerCase() === 'true' ||
    elementsAt(root, 'ItemGroup/PackageReference').some(
      ({ attributes }) => attributes.Include === 'Microsoft.NET.Test.Sdk',
    )
  );
}

/** The project files that a solution lists: `Project("{..}") = "Game", "src\Game.csproj", ...`, or XML in a .slnx. */
function projectsOf(solution: string, text: string): readonly string[] {
  const paths = solution.endsWith('.slnx')
    ? descendants(parseXml(text)).flatMap(({ name, attributes }) =>
        name === 'Project' && attributes.Path !== undefined ? [attributes.Path] : [],
      )
    : [...text.matchAll(/^Project\([^)]*\)\s*=\s*"[^"]*",\s*"([^"]+)"/gm)].map(([, path = '']) => path);
  return paths
    .map((path) => posix.normalize(path.replaceAll('\\', '/')))
    .filter((path) => !path.startsWith('..'));
}

function descendants(element: XmlElement | null): readonly XmlElement[] {
  return element === null ? [] : [element, ...element.children.flatMap(descendants)];
}
