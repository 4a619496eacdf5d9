import type { Commands } from '../../../src/cli/program.js';

type Fake = (args: object | string) => Promise<number>;

/** All commands, each made by `make` from its name: a test says what is to happen instead of them. */
export function fakeCommands(make: (command: keyof Commands) => Fake): Commands {
  return {
    dev: make('dev'),
    run: make('run'),
    invoke: make('invoke'),
    agent: make('agent'),
    init: make('init'),
    check: make('check'),
    doctor: make('doctor'),
    completion: make('completion'),
    complete: make('complete'),
    status: make('status'),
    functions: make('functions'),
    reload: make('reload'),
    rollback: make('rollback'),
    logs: make('logs'),
    stop: make('stop'),
    drain: make('drain'),
  };
}
