import { displayPath } from '../config/load.js';
import { about } from './finding.js';
import type { Examination, Finding, Project } from './types.js';

/** Which configuration counts, or what is wrong with it. */
export const configuration: Examination = {
  topic: 'configuration',
  run: async ({ project }) => [describe(project)],
};

function describe({ cwd, root, config }: Project): Finding {
  const { ok, note, problem } = about('configuration');
  if (!config.ok) {
    const [title = '', ...details] = config.error.message.split('\n');
    return problem(title, { details, remedies: config.error.wayOut?.split('\n') ?? [] });
  }
  const { file, services } = config.value;
  if (file === null) {
    return note('no configuration file: what this folder holds is detected', {
      remedies: ['croupier init writes down what was detected.'],
    });
  }
  const several = services.length > 1 ? [`Services: ${services.map(({ name }) => name).join(', ')}.`] : [];
  const elsewhere = root === cwd ? [] : [`The project's folder is ${root}.`];
  return ok(`configuration: ${displayPath(cwd, file)}`, { details: [...several, ...elsewhere] });
}
