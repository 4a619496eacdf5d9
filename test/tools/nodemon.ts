import { createRequire } from 'node:module';
import type { Tool } from './tool.js';
import { ToolProcess } from './tool-process.js';

/** By the template's own `nodemon.json`. */
export const NODEMON: Tool = {
  name: 'nodemon',
  template: 'node',
  reload: 'on save: SIGUSR2, then a new process',
  findMissing: () => null,
  prepare: async (project) => project.linkNodeModules(),
  async start(project, { agent }) {
    const nodemon = createRequire(import.meta.url).resolve('nodemon/bin/nodemon.js');
    const tool = new ToolProcess([process.execPath, nodemon, '--no-stdin'], project.folder, {
      CROUPIER_AGENT_ADDR: agent,
    });
    return {
      reload: async () => {},
      output: () => tool.output(),
      stop: () => tool.stop(),
    };
  },
};
