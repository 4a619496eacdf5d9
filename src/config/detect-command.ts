import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { CommandSources } from './choose-command.js';
import { describeDetected } from './describe-choice.js';
import { listNames } from './detect/candidate.js';
import { detect, type ProjectDetection } from './detect/detect.js';
import { LANGUAGES } from './detect/languages.js';
import { SEARCH_PLACES } from './load.js';
import type { ChosenCommand } from './resolve-service.js';

type DetectionInput = Pick<CommandSources, 'folder' | 'configFile' | 'searchPath'>;

/** The command that the folder's files suggest, with what is to be said about it; an error that says where was looked. */
export async function detectCommand(input: DetectionInput): Promise<Result<ChosenCommand, UserError>> {
  const detection = await detect(input.folder, input.searchPath);
  const { candidates, missingTools } = detection;
  const [chosen] = candidates;
  if (chosen === undefined) return err(nothingToRun(input, detection));
  return ok({
    command: chosen.command,
    source: chosen.source,
    candidate: chosen,
    notes: describeDetected({ chosen, candidates, missingTools }),
  });
}

function nothingToRun(
  { folder, configFile }: DetectionInput,
  { rejected, below }: ProjectDetection,
): UserError {
  const lines = [
    `there is nothing to run in ${folder}: no command is configured, and none was found`,
    configFile === null
      ? `looked for a configuration: ${SEARCH_PLACES.join(', ')}`
      : `${configFile} has no "command"`,
    ...LANGUAGES.map(({ name, looksFor }) => `looked for ${name}: ${looksFor.join(', ')}`),
    ...rejected.map((reason) => `not used: ${reason}`),
  ];
  if (below.length > 0) lines.push(`projects below, of which none is guessed: ${listNames(below, 12)}`);
  const [first] = below;
  return {
    exitCode: 2,
    message: lines.join('\n'),
    wayOut: [
      ...(first === undefined
        ? []
        : [`Start in one of the folders below: cd ${first.replace(/ \(.*/, '')} && croupier dev,`]),
      `${first === undefined ? 'Set' : 'or set'} the key "command" in ${configFile ?? 'croupier.config.json'}, such as { "command": "node server.js" },`,
      'or give it on the command line: croupier dev -- node server.js',
    ].join('\n'),
  };
}
