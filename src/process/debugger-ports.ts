/** Where debuggers listen when no port is given: Node's inspector, Java's JDWP has no default, Delve picks one, debugpy asks. */
const NODE_INSPECTOR_PORT = 9229;

const PATTERNS: readonly RegExp[] = [
  // node --inspect=127.0.0.1:9230, --inspect-brk=9230, --inspect-port=9230
  /^--(?:inspect|inspect-brk|inspect-wait|inspect-port|debug-port)=(?:.*:)?(\d+)$/,
  // java -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005
  /^-(?:agentlib:jdwp=|Xrunjdwp:).*address=(?:[^,]*:)?(\d+)/,
  // dlv exec --listen=:2345, python -m debugpy --listen 0.0.0.0:5678 (its value is the next argument)
  /^--listen=(?:.*:)?(\d+)$/,
];

/**
 * Ports on which a process with these arguments listens for a debugger: that these accept says nothing about the program itself.
 * `--listen` counts only for `dlv` and `debugpy`.
 */
export function debuggerPorts(argv: readonly string[]): ReadonlySet<number> {
  const ports = new Set<number>();
  const isDebugger = argv.some((arg) => /(^|[\\/])(dlv|debugpy)(\.exe)?$/.test(arg));
  argv.forEach((arg, at) => {
    if (/^--inspect(-brk|-wait)?$/.test(arg)) ports.add(NODE_INSPECTOR_PORT);
    const joined = arg === '--listen' ? `--listen=${argv[at + 1] ?? ''}` : arg;
    if (joined.startsWith('--listen') && !isDebugger) return;
    for (const pattern of PATTERNS) {
      const port = pattern.exec(joined)?.[1];
      if (port !== undefined) ports.add(Number(port));
    }
  });
  return ports;
}
