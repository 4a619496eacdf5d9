import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../src/core/result.js';
import { AGENT_NAMES, type AgentName } from './agents.js';
import { AIR } from './air.js';
import { GUNICORN } from './gunicorn.js';
import { NODEMON } from './nodemon.js';
import { PM2_RELOAD } from './pm2.js';
import type { Tool } from './tool.js';
import { UVICORN } from './uvicorn.js';

const TOOLS: Readonly<Record<string, Tool>> = {
  nodemon: NODEMON,
  pm2: PM2_RELOAD,
  air: AIR,
  uvicorn: UVICORN,
  gunicorn: GUNICORN,
};

export interface ToolsOptions {
  readonly tools: readonly Tool[];
  readonly agents: readonly AgentName[];
  /** For each tool and agent. */
  readonly reloads: number;
  /** Calls a second. */
  readonly rate: number;
}

export const USAGE = `npm run tools -- [options]

  --only ${Object.keys(TOOLS).join(',')}   which tools (default: all whose language is there)
  --agent ${AGENT_NAMES.join(',')}                  plain: one that holds nothing; croupier: croupier agent (default: both)
  --reloads N                               for each of them (default: 20)
  --rate N                                  calls a second (default: 100)
`;

/** The error says in words what is wrong with the command line. */
export function parseOptions(argv: readonly string[]): Result<ToolsOptions, string> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string', default: Object.keys(TOOLS).join(',') },
        agent: { type: 'string', default: AGENT_NAMES.join(',') },
        reloads: { type: 'string', default: '20' },
        rate: { type: 'string', default: '100' },
      },
    });
    const tools: Tool[] = [];
    for (const name of values.only.split(',')) {
      const tool = TOOLS[name];
      if (tool === undefined) return err(`there is no tool ${name}`);
      tools.push(tool);
    }
    const wanted = values.agent.split(',');
    const agents = AGENT_NAMES.filter((name) => wanted.includes(name));
    if (agents.length < wanted.length)
      return err(`--agent is ${AGENT_NAMES.join(' or ')}; got ${values.agent}`);
    const reloads = Number(values.reloads);
    if (!Number.isInteger(reloads) || reloads < 1) return err('--reloads is a number, 1 or more');
    const rate = Number(values.rate);
    if (!(rate > 0)) return err('--rate is a number of calls a second, more than 0');
    return ok({ tools, agents, reloads, rate });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
