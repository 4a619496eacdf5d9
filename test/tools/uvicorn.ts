import { hasPython, pythonWith } from '../conformance/languages/python-venv.js';
import type { Tool } from './tool.js';
import { ToolProcess } from './tool-process.js';

/** The template's app under `uvicorn --reload`. */
export const UVICORN: Tool = {
  name: 'uvicorn --reload',
  template: 'python',
  reload: 'on save: SIGTERM, then a new process',
  findMissing: () => (hasPython() ? null : 'Python 3.10 or newer'),
  async prepare(project) {
    await pythonWith(project.path('requirements.txt'));
  },
  async start(project, { agent, port }) {
    const python = await pythonWith(project.path('requirements.txt'));
    const tool = new ToolProcess(
      [python, '-m', 'uvicorn', 'main:app', '--reload', '--port', String(port)],
      project.folder,
      { CROUPIER_AGENT_ADDR: agent },
    );
    return {
      reload: async () => {},
      output: () => tool.output(),
      stop: () => tool.stop(),
    };
  },
};
