import type { ServiceConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { describeFailure, failureOutput } from '../core/failure.js';
import { Artifacts } from '../dev/artifacts.js';
import { Builder } from '../dev/builder.js';
import { startGuardian } from '../process/guardian.js';
import { createSessionMarker } from '../process/marker.js';
import { describeBuild, type Surroundings } from './start-steps.js';
import type { StepOutcome } from './step.js';

/** What stands for the number of a generation in the path of an artifact. */
const GENERATION = '{generation}';

/** Builds a service whose process is not to be started. `ended`: resolves when the check has to end, and the build with it. */
export async function buildAlone(
  where: Surroundings,
  env: NodeJS.ProcessEnv,
  clock: Clock,
  ended: Promise<unknown>,
): Promise<StepOutcome & { readonly ms?: number }> {
  const { service } = where;
  if (service.build === null) return describeBuild({ kind: 'none' }, where);
  const guardian = startGuardian(createSessionMarker());
  const builder = new Builder({
    service: () => service,
    artifacts: new Artifacts(),
    clock,
    guardian,
    env,
    ownCommand: () => () => undefined,
  });
  try {
    const build = builder.build(1, artifactOf(service));
    void ended.then(() => build.cancel());
    const outcome = await build.result;
    if (outcome.outcome !== 'failed') return describeBuild({ kind: 'done', ms: outcome.ms }, where);
    const { failure, ms } = outcome;
    const reason = failure.reason === 'build-timeout' ? failure.reason : 'build-failed';
    const message = describeFailure(failure);
    const output = failureOutput(failure);
    return describeBuild({ kind: 'failed', ms, failure: { reason, message, output } }, where);
  } finally {
    await guardian.close();
  }
}

function artifactOf({ build }: ServiceConfig): string | null {
  return build?.producesArtifact === true ? build.artifact.replaceAll(GENERATION, '1') : null;
}
