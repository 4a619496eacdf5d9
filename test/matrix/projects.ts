/** A project of the matrix: how it is made, and what is edited in it. */
export interface ProjectKind {
  readonly name: string;
  /** Commands that have to succeed for the language to be there. */
  readonly tools: readonly (readonly string[])[];
  /**
   * `template`: made by `croupier init --template`. `fixture`: a folder below `fixtures`, for which `croupier init` writes the
   * configuration.
   */
  readonly made: { readonly by: 'template' | 'fixture'; readonly from: string };
  /** Commands to run in it once. A `{tarball}` is the package under test. */
  readonly setUp: readonly (readonly string[])[];
  /** What runs its own tests; null: it has none. */
  readonly test: readonly string[] | null;
  /** The file with the version that `server.status` answers. */
  readonly edited: string;
  /** The version in that file, as the second group. */
  readonly version: RegExp;
  /** A file that is saved with it, so that the process is replaced although it could load the edited one again; null: none is needed. */
  readonly savedWithIt: string | null;
  /** A function module that the process loads again by itself, and how a comment begins in it; null: it has none. */
  readonly hot: { readonly file: string; readonly comment: string } | null;
  /** The short form runs its own tests as well: there they are tests of an SDK. */
  readonly hasSdkTests: boolean;
  /** Its builds and starts take so long that the short form takes one strategy. */
  readonly isSlow: boolean;
  /** It has `player.ban` and `season.recalculate` as well. */
  readonly hasAllFunctions: boolean;
}

const PYTHON = ['python3', '-c', 'import sys; assert sys.version_info >= (3, 10)'];
const NPM_INSTALL = ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'];

/** What most projects are. */
const PLAIN = {
  savedWithIt: null,
  hot: null,
  hasSdkTests: false,
  isSlow: false,
  hasAllFunctions: false,
} as const satisfies Partial<ProjectKind>;

export const PROJECTS: readonly ProjectKind[] = [
  template({
    name: 'node',
    tools: [['npm', '--version']],
    setUp: [[...NPM_INSTALL, '{tarball}']],
    test: ['npm', 'test'],
    edited: 'server.ts',
    version: /(version: ')([\d.]+)/,
    hot: { file: 'functions/server.ts', comment: '//' },
  }),
  template({
    name: 'go',
    tools: [['go', 'version']],
    // What it needs is fetched before the clock runs.
    setUp: [['go', 'build', '-tags', 'hot', './...']],
    test: ['go', 'test', './...'],
    edited: 'main.go',
    version: /(Version: +")([\d.]+)/,
    hot: { file: 'functions/server/server.go', comment: '//' },
    hasSdkTests: true,
  }),
  template({
    name: 'python',
    tools: [PYTHON],
    setUp: [
      ['python3', '-m', 'venv', '.venv'],
      ['.venv/bin/pip', 'install', '--quiet', '-r', 'requirements-dev.txt'],
    ],
    test: ['.venv/bin/python', '-m', 'pytest', '-q'],
    edited: 'functions/server.py',
    version: /(VERSION = ")([\d.]+)/,
    savedWithIt: 'main.py',
    hot: { file: 'functions/server.py', comment: '#' },
    hasSdkTests: true,
  }),
  template({
    name: 'java',
    tools: [
      ['java', '-version'],
      ['mvn', '--version'],
    ],
    // What it needs is fetched before the clock runs.
    setUp: [['mvn', '-q', '-B', '-Dmaven.test.skip=true', 'package']],
    test: ['mvn', '-q', '-B', 'test'],
    edited: 'src/main/java/com/example/game/ServerStatus.java',
    isSlow: true,
    version: /(VERSION = ")([\d.]+)/,
  }),
  template({
    name: 'http-node',
    tools: [],
    test: ['npm', 'test'],
    edited: 'functions/server.js',
    version: /(VERSION = ')([\d.]+)/,
  }),
  template({
    name: 'http-go',
    tools: [['go', 'version']],
    test: ['go', 'test', './...'],
    edited: 'server_status.go',
    version: /(const version = ")([\d.]+)/,
  }),
  template({
    name: 'http-python',
    tools: [PYTHON],
    test: ['python3', '-m', 'unittest'],
    edited: 'functions/server.py',
    version: /(VERSION = ")([\d.]+)/,
  }),
  {
    name: 'rust',
    tools: [['cargo', '--version']],
    made: { by: 'fixture', from: 'rust' },
    setUp: [['cargo', 'build', '--quiet']],
    test: null,
    edited: 'src/main.rs',
    version: /(VERSION: &str = ")([\d.]+)/,
    ...PLAIN,
  },
  {
    name: 'cpp',
    tools: [
      ['cmake', '--version'],
      ['c++', '--version'],
    ],
    made: { by: 'fixture', from: 'cpp' },
    setUp: [],
    test: null,
    edited: 'main.cpp',
    version: /(version = ")([\d.]+)/,
    ...PLAIN,
  },
];

type Plain = typeof PLAIN & { readonly setUp: ProjectKind['setUp'] };
type TemplateProject = Omit<ProjectKind, 'made' | keyof Plain> & Partial<Pick<ProjectKind, keyof Plain>>;

function template(project: TemplateProject): ProjectKind {
  const made = { by: 'template', from: project.name } as const;
  return { ...PLAIN, setUp: [], hasAllFunctions: true, ...project, made };
}
