import type { ServiceConfig, SessionConfig } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import { findPosition } from './find-position.js';
import type { StartPhase } from './service-start.js';
import type { StartFailure } from './start-failure.js';
import { failed, passed, type StepName, type StepOutcome, skipped } from './step.js';

type TimedOutcome = StepOutcome & { readonly ms?: number };

/** Where a service and the files that it names are. */
export interface Surroundings {
  readonly config: SessionConfig;
  readonly service: ServiceConfig;
}

/** The build ends well; a project without one has nothing to show here. */
export function describeBuild(phase: StartPhase, where: Surroundings): TimedOutcome {
  return phase.kind === 'none' ? skipped('the project has no build') : describePhase('build', phase, where);
}

/** The process starts, and stays until it is ready. */
export function describeBoot(phase: StartPhase, where: Surroundings): TimedOutcome {
  return describePhase('boot', phase, where);
}

export function describeReady(phase: StartPhase, where: Surroundings): TimedOutcome {
  return describePhase('ready', phase, where);
}

function describePhase(step: StepName, phase: StartPhase, where: Surroundings): TimedOutcome {
  switch (phase.kind) {
    case 'done':
      return { ...passed(...whatRuns(step, where.service)), ms: phase.ms };
    case 'none':
      return passed();
    case 'unreached':
      return skipped(phase.why);
    case 'failed':
      return { ...describeFailure(phase.failure, where), ms: phase.ms };
    default:
      return assertNever(phase);
  }
}

function whatRuns(step: StepName, { command, build }: ServiceConfig): readonly string[] {
  if (step === 'build' && build !== null) return [build.command.display];
  return step === 'boot' ? [command.display] : [];
}

function describeFailure(failure: StartFailure, { config, service }: Surroundings): StepOutcome {
  const { output } = failure;
  return failed(failure.message, {
    wayOut: wayOutOf(failure.reason),
    exitCode: failure.reason === 'spawn-failed' ? 3 : 1,
    output,
    position: findPosition(output, service.cwd, config.root),
  });
}

function wayOutOf(reason: StartFailure['reason']): string {
  switch (reason) {
    case 'build-failed':
      return 'Correct what the build says.';
    case 'build-timeout':
      return 'Find out what it waits for, or allow more: "build": { "timeout": "10m" }';
    case 'spawn-failed':
      return 'Install the program, or change "command" in the configuration.';
    case 'exited':
      return 'Correct what its output says; the same happens with croupier dev.';
    case 'address-in-use':
      return 'Listen on the port in the environment variable PORT: it is a free one.';
    case 'not-ready':
      return 'Say what to wait for in "ready", or allow more: "ready": { "timeout": "60s" }';
    default:
      return assertNever(reason);
  }
}
