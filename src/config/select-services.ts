import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import type { ServicePart } from './file-part.js';
import { nearestName } from './nearest-name.js';

/**
 * The services to run, in the order of the file: those named, by their name or id, and what they depend on; all where none is named.
 */
export function selectServices(
  services: readonly ServicePart[],
  names: readonly string[],
): Result<readonly ServicePart[], UserError> {
  // What is alone may have its name from its package or folder, which is looked at later.
  if (names.length === 0 || services.length === 1) return ok(services);
  const unknown = names.filter((name) => find(services, name) === undefined);
  const known = services.flatMap(({ name, keys }) => name ?? keys.service ?? []);
  if (unknown.length > 0) return err(unknownNames(unknown, known));
  const wanted = new Set<ServicePart>();
  const want = (name: string): void => {
    const service = find(services, name);
    if (service === undefined || wanted.has(service)) return;
    wanted.add(service);
    for (const needed of service.keys.dependsOn ?? []) want(needed);
  };
  for (const name of names) want(name);
  return ok(services.filter((one) => wanted.has(one)));
}

function find(services: readonly ServicePart[], name: string): ServicePart | undefined {
  return services.find((one) => one.name === name) ?? services.find(({ keys }) => keys.service === name);
}

/** @param known names that there are */
export function unknownNames(unknown: readonly string[], known: readonly string[]): UserError {
  const near = unknown.flatMap((name) => nearestName(name, known) ?? []);
  const hint = near.length === 0 ? '' : `Did you mean ${near.map((name) => `"${name}"`).join(', ')}? `;
  return {
    exitCode: 2,
    message: `there is no service named ${unknown.map((name) => `"${name}"`).join(', ')}`,
    wayOut: `${hint}The services are: ${known.join(', ')}.`,
  };
}
