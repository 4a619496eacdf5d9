import { type Command, Option } from 'commander';
import { DEPLOY_TARGETS, type DeployTarget } from '../scaffold/deploy-facts.js';
import { INIT_EXAMPLES } from './help.js';
import type { InitArguments } from './init-arguments.js';

interface InitFlags {
  readonly template?: string;
  readonly name?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly deploy?: DeployTarget;
  readonly updateSdk?: boolean;
  readonly dryRun?: boolean;
  readonly list?: boolean;
}

export function addInit(program: Command, run: (args: InitArguments) => Promise<void>): void {
  program
    .command('init')
    .summary('write a configuration, or start a project from a template')
    .description(
      'Writes a configuration for the project of a folder, or makes a new project from a template.',
    )
    .argument('[dir]', 'folder of the project (default: this one); it need not be there for a template')
    .option('--template <name>', 'make a new project from this template')
    .option('--name <name>', 'name of the new project (default: that of its folder)')
    .option('-y, --yes', 'ask nothing: take what is detected')
    .option('--force', 'replace files that are already there')
    .addOption(
      new Option('--update-sdk', "bring the project's copy of an SDK to this version").conflicts([
        'template',
        'name',
        'list',
      ]),
    )
    .addOption(
      new Option('--deploy <target>', 'write the files that run the project there, made of its configuration')
        .choices(DEPLOY_TARGETS)
        .conflicts(['template', 'name', 'list', 'updateSdk']),
    )
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--list', 'list the templates')
    .addHelpText('after', INIT_EXAMPLES)
    .action((dir: string | undefined, flags: InitFlags) =>
      run({
        dir,
        template: flags.template,
        name: flags.name,
        yes: flags.yes ?? false,
        force: flags.force ?? false,
        deploy: flags.deploy,
        updateSdk: flags.updateSdk ?? false,
        dryRun: flags.dryRun ?? false,
        list: flags.list ?? false,
      }),
    );
}
