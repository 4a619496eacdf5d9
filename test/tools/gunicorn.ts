import { hasPython, pythonWith } from '../conformance/languages/python-venv.js';
import type { Tool } from './tool.js';
import { ToolProcess } from './tool-process.js';

const WORKERS = 2;

/** What the template's README says to install for it. */
const PACKAGES = ['gunicorn', 'uvicorn-worker'];

/** The template's app as its README runs it under Gunicorn: uvicorn's workers, reloaded by SIGHUP. */
export const GUNICORN: Tool = {
  name: 'gunicorn, SIGHUP',
  template: 'python',
  reload: 'SIGHUP: new workers start, the old ones are asked to end',
  findMissing: () => (hasPython() ? null : 'Python 3.10 or newer'),
  async prepare(project) {
    await pythonWith(project.path('requirements.txt'), PACKAGES);
  },
  async start(project, { agent, port }) {
    const python = await pythonWith(project.path('requirements.txt'), PACKAGES);
    const tool = new ToolProcess(
      [
        python,
        '-m',
        'gunicorn',
        'main:app',
        '--worker-class',
        'uvicorn_worker.UvicornWorker',
        '--workers',
        String(WORKERS),
        '--bind',
        `127.0.0.1:${port}`,
        '--graceful-timeout',
        '45',
      ],
      project.folder,
      { CROUPIER_AGENT_ADDR: agent },
    );
    return {
      reload: async () => tool.signal('SIGHUP'),
      output: () => tool.output(),
      stop: () => tool.stop(),
    };
  },
};
