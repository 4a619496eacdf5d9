/** A project that `croupier init` can make: the folder `templates/<name>` of the package. */
export interface Template {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Commands to run once in the new folder, in this order. */
  readonly setUp: readonly string[];
  /** What runs it, where that is not `croupier dev`. */
  readonly dev: string | null;
  /** What runs its tests. */
  readonly test: string;
}

/** In the order in which they are offered. */
export const TEMPLATES: readonly Template[] = [
  {
    name: 'node',
    summary: 'TypeScript on the Node SDK; Node 20 or newer',
    setUp: ['npm install'],
    dev: 'npm run dev',
    test: 'npm test',
  },
  {
    name: 'go',
    summary: 'Go on the Go SDK, functions reloaded as plugins; Go 1.25 or newer',
    setUp: [],
    dev: null,
    test: 'go test ./...',
  },
  {
    name: 'python',
    summary: 'Python with FastAPI on the Python SDK, functions reload in place; Python 3.10 or newer',
    setUp: ['python3 -m venv .venv', '.venv/bin/pip install -r requirements-dev.txt'],
    dev: null,
    test: '.venv/bin/python -m pytest',
  },
  {
    name: 'java',
    summary: 'Java with Spring Boot and Maven, functions over HTTP; Java 17 or newer',
    setUp: [],
    dev: null,
    test: 'mvn test',
  },
  {
    name: 'http-node',
    summary: 'JavaScript without an SDK, nothing to install; Node 20 or newer',
    setUp: [],
    dev: null,
    test: 'npm test',
  },
  {
    name: 'http-go',
    summary: 'Go without an SDK, standard library only; Go 1.22 or newer',
    setUp: [],
    dev: null,
    test: 'go test ./...',
  },
  {
    name: 'http-python',
    summary: 'Python without an SDK, nothing to install; Python 3.10 or newer',
    setUp: [],
    dev: null,
    test: 'python3 -m unittest',
  },
];

/** null: there is none of this name. */
export function findTemplate(name: string): Template | null {
  return TEMPLATES.find((template) => template.name === name) ?? null;
}
