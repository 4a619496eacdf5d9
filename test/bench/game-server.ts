/** Where the game server listens: this variable, else any free port. */
export const PORT_VARIABLE = 'GAME_PORT';

/** Nobody listens on port 1: outside `croupier dev` the game server has no agent, and is called directly. */
export const NO_AGENT = '127.0.0.1:1';

/** The app that every tool runs: one function that answers with the version of the code. */
export function gameServer(version: string): string {
  return `import { createService } from 'croupier-cli/sdk';

const service = createService({ serviceId: 'game', listen: \`127.0.0.1:\${process.env.${PORT_VARIABLE} ?? 0}\` });
service.registerFunction({ id: 'echo', version: '1.0.0' }, () => ({ version: '${version}' }));
await service.connect();
`;
}

/** The version that an answer of `echo` names. */
export function versionOf(payload: string): string {
  return JSON.parse(payload).version;
}
