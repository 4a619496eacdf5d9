import { check, found, makeCandidate, rejected, words } from './candidate.js';
import { type Detection, type Language, NOTHING_FOUND } from './language.js';
import type { ProjectFolder } from './project-folder.js';
import type { Tools } from './tools.js';

const ENTRIES = ['main.lua', 'server.lua', 'app.lua', 'src/main.lua', 'src/server.lua', 'bin/server.lua'];

/** Interpreters, the usual one first; distributions put the version into the name. */
const INTERPRETERS = ['lua', 'lua5.4', 'lua5.3', 'lua5.1', 'luajit'] as const;

/** What only LuaJIT has. */
const NEEDS_JIT = /\brequire\s*\(?\s*["'](?:ffi|jit|bit)["']|\bjit\.\w+\s*\(/;

/** Programs of Lua. */
export const lua: Language = {
  name: 'Lua',
  looksFor: ['main.lua or server.lua', '*.rockspec that installs a program'],
  besideOthers: 'Lua beside another project is mostly scripts that it loads',
  async detect(project, tools): Promise<Detection> {
    const rockspec = (await project.files()).find((name) => name.endsWith('.rockspec')) ?? null;
    const entry = (await project.firstFile(ENTRIES)) ?? (await installedProgram(project, rockspec));
    if (entry === null) {
      return rockspec === null
        ? NOTHING_FOUND
        : rejected(`${rockspec}: it installs no program: it is a library.`);
    }
    const source = await project.head(entry);
    if (await isLove(project, source)) {
      return rejected(`${entry} is a game for LÖVE, which opens a window: it is no server.`);
    }
    const interpreter = await findInterpreter(tools, source);
    const compiler = await findCompiler(tools, interpreter);
    return found(
      makeCandidate({
        language: lua.name,
        marker: rockspec ?? entry,
        strength: rockspec === null ? 'likely' : 'certain',
        source: entry,
        command: words(interpreter, entry),
        build: compiler === null ? null : check(...compiler, entry),
        extensions: ['.lua', '.rockspec'],
        ignore: ['lua_modules/', '.luarocks/', '/spec/', '/test/', '/tests/'],
        tools: [interpreter],
      }),
    );
  },
};

async function isLove(project: ProjectFolder, source: string): Promise<boolean> {
  const callback = /\bfunction\s+love\.\w+|\blove\.\w+\s*=\s*function/;
  return callback.test(source) || callback.test(await project.head('conf.lua'));
}

async function findInterpreter(tools: Tools, source: string): Promise<string> {
  return NEEDS_JIT.test(source) ? 'luajit' : tools.prefer(...INTERPRETERS);
}

/** What only compiles a file, of the same version; null where there is none. */
async function findCompiler(tools: Tools, interpreter: string): Promise<readonly string[] | null> {
  // LuaJIT's own would have to write its output somewhere.
  if (interpreter === 'luajit') return null;
  const compiler = interpreter.replace('lua', 'luac');
  return (await tools.has(compiler)) ? [compiler, '-p'] : null;
}

/** `build = { install = { bin = { game = "bin/game.lua" } } }` */
async function installedProgram(project: ProjectFolder, rockspec: string | null): Promise<string | null> {
  const text = rockspec === null ? '' : ((await project.read(rockspec)) ?? '');
  const list = /\bbin\s*=\s*\{([^}]*)\}/.exec(text.replaceAll(/--.*$/gm, ''))?.[1] ?? '';
  const files = [...list.matchAll(/["']([\w./-]+)["']/g)].map(([, file = '']) => file);
  return project.firstFile(files);
}
