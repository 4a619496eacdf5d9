import type { Failure } from '../core/failure.js';
import type { ChildExit } from './types.js';

/** How runtimes say that the address they want to listen on is taken. */
const ADDRESS_IN_USE: readonly RegExp[] = [
  // Node, Bun, Ruby, Deno and Rust by the name of the error; Elixir and Erlang in lower case.
  /\be?addr_?in_?use\b/i,
  // The C library's words: Go, Python, Java, .NET, Rust, PHP, nginx, C++.
  /\baddress already in use\b/i,
  // Python asyncio and Rust, where the system's language is another: 98 Linux, 48 macOS, 10048 Windows.
  /\[(?:Errno (?:98|48)|WinError 10048)\]/,
  /\bos error (?:98|48|10048)\b/,
  // Windows, in Go and .NET.
  /\bOnly one usage of each socket address\b/i,
  /\bjava\.net\.BindException\b(?!: (?:Permission denied|Cannot assign|Can't assign))/,
  // Kestrel, grpc-java and gRPC's C core.
  /\bFailed to bind (?:to address|(?:any )?address)\b/i,
  // Spring Boot, Django, Flask, Bun, gunicorn.
  /\bPort \d+ was already in use\b/i,
  /\bThat port is already in use\b/i,
  /\bPort \d+ is in use by another program\b/i,
  /\bIs port \d+ in use\?/i,
  /\bConnection in use: \(/,
];

/** A refusal for another reason in the same words. */
const OTHER_REFUSAL = /permission denied|cannot assign requested address|can't assign requested address/i;

/** Where the port stands in such a line, most telling first. */
const PORT_IN_LINE: readonly RegExp[] = [
  // Python and gunicorn: ('127.0.0.1', 8000)
  /\('[^']*', (\d{1,5})/,
  // Ruby and Java: port 3000, Port 3000
  /\bport[:= ]+(\d{1,5})\b/i,
  // 127.0.0.1:3000, [::]:3000, :::3000, *:3000, localhost:3000, :3000; but neither 10:15:42 nor server.py:12
  /(?:\d\.\d+\.\d+\.\d+|[\]*+]|::[\da-f.:]*|\blocalhost|^|\s):(\d{1,5})(?!\d|\]|[:.][\da-f])/i,
];

/** Lines beside the telling one are looked at only if they speak of such things; places in source files have numbers as well. */
const MAY_NAME_PORT = /\b(?:port|bind|listen|address)/i;
const STACK_FRAME = /^\s+at /;

/** How far from the line that tells the failure the port may stand, in lines: error objects are printed over several. */
const NEARBY_LINES = 12;

/**
 * Why a process that was to serve ended by itself, from its exit and its last lines. An address in use comes with the port if the
 * text tells it; `holder` is null: the caller may ask `whoListens`.
 */
export function failureOfExit(exit: ChildExit, outputTail: readonly string[]): Failure {
  const found = endsByItself(exit) ? outputTail.findLastIndex(tellsAddressInUse) : -1;
  if (found === -1) return { reason: 'exited', ...exit, outputTail };
  return {
    reason: 'address-in-use',
    port: findPort(outputTail, found),
    holder: null,
    ...exit,
    outputTail,
  };
}

/** SIGABRT is how C++ and .NET end at an exception that nobody caught. Whoever ends well, or is ended, has bound its port. */
function endsByItself(exit: ChildExit): boolean {
  return exit.signal === 'SIGABRT' || (exit.signal === null && exit.exitCode !== 0);
}

function tellsAddressInUse(line: string): boolean {
  return ADDRESS_IN_USE.some((pattern) => pattern.test(line)) && !OTHER_REFUSAL.test(line);
}

/** In the line itself, else in the nearest line that speaks of a port or an address, later ones first. */
function findPort(lines: readonly string[], at: number): number | null {
  const own = portIn(lines[at] ?? '');
  if (own !== null) return own;
  for (let distance = 1; distance <= NEARBY_LINES; distance++) {
    for (const line of [lines[at + distance], lines[at - distance]]) {
      if (line === undefined || STACK_FRAME.test(line) || !MAY_NAME_PORT.test(line)) continue;
      const port = portIn(line);
      if (port !== null) return port;
    }
  }
  return null;
}

function portIn(line: string): number | null {
  for (const pattern of PORT_IN_LINE) {
    const port = Number(pattern.exec(line)?.[1]);
    if (port >= 1 && port <= 65_535) return port;
  }
  return null;
}
