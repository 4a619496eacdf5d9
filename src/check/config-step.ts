import { basename, relative } from 'node:path';
import type { ConfigFlags } from '../config/flags.js';
import { resolveConfig } from '../config/resolve.js';
import type { SessionConfig } from '../config/types.js';
import { ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { HttpInputSchemas } from '../dev/http-input-schemas.js';
import type { CheckOptions } from './check-options.js';
import { findPosition } from './find-position.js';
import { failedBy, passed, type StepOutcome } from './step.js';

/** What the flags of a check say about the configuration. */
export function configFlags({ config, upstream, port, names }: CheckOptions): ConfigFlags {
  return { config, upstream, port, names };
}

/** The configuration resolves, and the files that it names can be used. */
export async function resolveChecked(options: CheckOptions): Promise<Result<SessionConfig, UserError>> {
  const { cwd, env } = options;
  const resolved = await resolveConfig({ cwd, env, flags: configFlags(options) });
  if (!resolved.ok) return resolved;
  const { services } = resolved.value;
  const usable = await new HttpInputSchemas().check(services.flatMap((service) => service.functions));
  return usable.ok ? ok(resolved.value) : usable;
}

export function describeConfig(resolved: Result<SessionConfig, UserError>, cwd: string): StepOutcome {
  if (!resolved.ok) {
    const lines = resolved.error.message.split('\n');
    return failedBy(resolved.error, findPosition(lines, cwd, cwd));
  }
  const { file, notes } = resolved.value;
  const name = file === null ? null : relative(cwd, file);
  const shown = name === null ? 'no configuration file' : name.startsWith('..') ? basename(name) : name;
  return passed(shown, ...notes);
}
