import { basename } from 'node:path';

/** A program whose version can be asked for without anything else happening. */
export interface KnownTool {
  /** How it is asked. */
  readonly args: readonly string[];
  /** Its first group is the version. */
  readonly version: RegExp;
  /** Where one gets it; null: with the system, or with a tool that is named already. */
  readonly source: string | null;
}

const NUMBER = /(\d+(?:\.\d+)*)/;

function tool(source: string | null, args: readonly string[] = ['--version'], version = NUMBER): KnownTool {
  return { args, version, source };
}

const NODE = 'https://nodejs.org';
const PYTHON = 'https://www.python.org/downloads';
const JAVA = 'https://adoptium.net';
const RUST = 'https://rustup.rs';
const RUBY = 'https://www.ruby-lang.org/en/downloads';
const ELIXIR = 'https://elixir-lang.org/install.html';

// `java -version` of Java 8 says "1.8.0_392", that of later ones "17.0.15".
const java = tool(JAVA, ['-version'], /version "(?:1\.(?=\d\.))?(\d+(?:\.\d+)*)/);
const python = tool(PYTHON, ['--version'], /Python (\d+(?:\.\d+)*)/);

/** By the name of the program. Wrapper scripts of projects are not among them: they fetch what they wrap. */
const TOOLS: ReadonlyMap<string, KnownTool> = new Map([
  ['node', tool(NODE)],
  ['npm', tool(NODE)],
  ['npx', tool(NODE)],
  ['pnpm', tool('https://pnpm.io/installation')],
  ['yarn', tool('https://yarnpkg.com/getting-started/install')],
  ['bun', tool('https://bun.sh')],
  ['deno', tool('https://deno.com')],
  ['go', tool('https://go.dev/dl', ['version'], /go(\d+(?:\.\d+)*)/)],
  ['python', python],
  ['python3', python],
  ['py', python],
  ['uv', tool('https://docs.astral.sh/uv')],
  ['poetry', tool('https://python-poetry.org/docs')],
  ['pdm', tool('https://pdm-project.org')],
  ['pipenv', tool('https://pipenv.pypa.io')],
  ['java', java],
  ['mvn', tool('https://maven.apache.org/download.cgi', ['-v'], /Maven (\d+(?:\.\d+)*)/)],
  ['gradle', tool('https://gradle.org/install', ['--version'], /Gradle (\d+(?:\.\d+)*)/)],
  ['cargo', tool(RUST)],
  ['rustc', tool(RUST)],
  ['dotnet', tool('https://dotnet.microsoft.com/download')],
  ['php', tool('https://www.php.net/downloads', ['-v'], /PHP (\d+(?:\.\d+)*)/)],
  ['composer', tool('https://getcomposer.org/download')],
  ['ruby', tool(RUBY)],
  ['bundle', tool(RUBY)],
  ['elixir', tool(ELIXIR, ['--version'], /Elixir (\d+(?:\.\d+)*)/)],
  ['mix', tool(ELIXIR, ['--version'], /Mix (\d+(?:\.\d+)*)/)],
  ['cmake', tool('https://cmake.org/download')],
  ['make', tool(null)],
  ['ninja', tool('https://ninja-build.org')],
  ['gcc', tool(null, ['-dumpfullversion'])],
  ['g++', tool(null, ['-dumpfullversion'])],
  ['clang', tool(null)],
  ['clang++', tool(null)],
  ['cc', tool(null, ['-dumpversion'])],
  ['c++', tool(null, ['-dumpversion'])],
  ['lua', tool('https://www.lua.org/download.html', ['-v'])],
  ['luajit', tool('https://luajit.org/download.html', ['-v'])],
  ['protoc', tool('https://protobuf.dev/installation')],
  ['buf', tool('https://buf.build/docs/installation')],
]);

/** What is known of a program; null: it is only looked for, since nobody knows what it does with `--version`. */
export function findKnownTool(program: string): KnownTool | null {
  return TOOLS.get(toolName(program)) ?? null;
}

/** `.venv/bin/python3.12` and `python3.exe` are called `python3`. */
export function toolName(program: string): string {
  const name = basename(program.replaceAll('\\', '/')).replace(/\.(?:exe|cmd|bat)$/i, '');
  return /^python3\.\d+$/.test(name) ? 'python3' : name;
}
