import { displayPath } from '../config/load.js';
import type { ServiceConfig } from '../config/types.js';
import { about } from './finding.js';
import type { Examination, Finding, Project } from './types.js';

/** What would be run, and why just that. */
export const command: Examination = {
  topic: 'command',
  run: async ({ project }) => {
    if (!project.config.ok) return [];
    const { services, notes } = project.config.value;
    const why = notes.length === 0 ? [] : [about('command').note('why this was chosen', { details: notes })];
    return [...services.map((service) => describe(service, project)), ...why];
  },
};

function describe(service: ServiceConfig, { root }: Project): Finding {
  const { name, command, commandSource, build, cwd, restart, watch, rules } = service;
  const folder = cwd === root ? [] : [`in the folder ${displayPath(root, cwd)}`];
  const watched = watch.extensions.length === 0 ? 'every file' : watch.extensions.join(' ');
  const hot = rules.some(({ action }) => action === 'hot') ? '; some are reloaded in place' : '';
  return about('command').ok(`${name} runs \`${command.display}\` (${commandSource})`, {
    details: [
      ...folder,
      ...(build === null ? [] : [`${build.checkOnly ? 'checked' : 'built'} by \`${build.command.display}\``]),
      `restarted by the strategy ${restart.strategy} on changes of ${watched}${hot}`,
    ],
  });
}
