import { runCommand } from '../conformance/languages/run-command.js';
import type { RunningTool, Tool } from './tool.js';
import { npmProgram } from './tool-cache.js';

const PM2 = 'pm2@6';

/** By the template's own `ecosystem.config.cjs`; its daemon has a home of its own in the project's folder. */
export const PM2_RELOAD: Tool = {
  name: 'pm2 reload',
  template: 'node',
  reload: '`pm2 reload`: the new process is ready before the old one is asked to end',
  findMissing: () => null,
  prepare: async (project) => {
    project.linkNodeModules();
    await npmProgram(PM2, 'pm2/bin/pm2');
  },
  async start(project, { agent }): Promise<RunningTool> {
    const program = await npmProgram(PM2, 'pm2/bin/pm2');
    const env = { CROUPIER_AGENT_ADDR: agent, PM2_HOME: project.path('.pm2'), PM2_DISCRETE_MODE: 'true' };
    const pm2 = (...words: readonly string[]) =>
      runCommand([process.execPath, program, ...words], project.folder, env);
    let output = await pm2('start', 'ecosystem.config.cjs');
    return {
      async reload() {
        output = await pm2('reload', 'all');
      },
      output: () => output,
      async stop() {
        await pm2('kill');
      },
    };
  },
};
