import { runCommand, succeeds } from '../conformance/languages/run-command.js';
import type { Tool } from './tool.js';
import { goProgram } from './tool-cache.js';
import { ToolProcess } from './tool-process.js';

const MODULE = 'github.com/air-verse/air@latest';

/** By the template's own `.air.toml`. */
export const AIR: Tool = {
  name: 'air',
  template: 'go',
  reload: 'on save: build, a signal, then a new process',
  findMissing: () => (succeeds(['go', 'version']) ? null : 'Go'),
  async prepare(project) {
    await goProgram('air', MODULE, '-v');
    // What it needs is fetched and compiled before the clock runs.
    await runCommand(['go', 'build', './...'], project.folder);
  },
  async start(project, { agent, port }) {
    const air = await goProgram('air', MODULE, '-v');
    const env = { CROUPIER_AGENT_ADDR: agent, PORT: String(port) };
    const tool = new ToolProcess([air], project.folder, env);
    return {
      reload: async () => {},
      output: () => tool.output(),
      stop: () => tool.stop(),
    };
  },
};
