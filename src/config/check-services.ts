import type { ServicePart } from './file-part.js';
import { nearestName } from './nearest-name.js';
import type { KeyPath, Problem } from './problem.js';

/** Finds services that are fine alone, but not together. */
export function checkServices(services: readonly ServicePart[]): readonly Problem[] {
  return [
    ...findRepeatedIds(services),
    ...findRepeatedFunctions(services),
    ...findRepeatedPorts(services),
    ...findBrokenDependencies(services),
  ];
}

/** Calls of a function can go to one service only. Functions that a process registers by itself are judged when it does. */
function findRepeatedFunctions(services: readonly ServicePart[]): Problem[] {
  return findRepeated(
    services,
    ({ keys }) => (keys.functions ?? []).map(({ id }) => id),
    (index) => ['functions', index, 'id'],
    (owner) => `${owner} has a function with this id already`,
  );
}

function findRepeatedPorts(services: readonly ServicePart[]): Problem[] {
  return findRepeated(
    services,
    // Port 0 is any free one, each time another.
    ({ keys }) =>
      (keys.proxy ?? []).map(({ listen }) => (listen.port === 0 ? null : `${listen.host}:${listen.port}`)),
    (index) => ['proxy', index, 'listen'],
    (owner) => `${owner} has this stable port already`,
  );
}

/** Values that must be there once in all services together; null is no value. */
function findRepeated(
  services: readonly ServicePart[],
  valuesOf: (service: ServicePart) => readonly (string | null)[],
  pathTo: (index: number) => KeyPath,
  describe: (owner: string) => string,
): Problem[] {
  const owners = new Map<string, string | null>();
  const problems: Problem[] = [];
  for (const service of services) {
    const { name } = service;
    for (const [index, value] of valuesOf(service).entries()) {
      if (value === null) continue;
      const owner = owners.get(value);
      if (owner === undefined) {
        owners.set(value, name);
        continue;
      }
      const path = name === null ? pathTo(index) : ['services', name, ...pathTo(index)];
      const complaint = describe(
        owner === null || owner === name ? 'the service' : `the service \`${owner}\``,
      );
      problems.push({ path, complaint, wayOut: null });
    }
  }
  return problems;
}

function findRepeatedIds(services: readonly ServicePart[]): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { name, keys } of services) {
    if (name === null) continue;
    const id = keys.service ?? name;
    const owner = owners.get(id);
    if (owner === undefined) owners.set(id, name);
    else {
      problems.push({
        path: ['services', name, 'service'],
        complaint: `the service \`${owner}\` has the id ${JSON.stringify(id)} already`,
        wayOut: `Give each service an id of its own: "services": { "${name}": { "service": "${name}" } }.`,
      });
    }
  }
  return problems;
}

function findBrokenDependencies(services: readonly ServicePart[]): Problem[] {
  const names = services.flatMap(({ name }) => (name === null ? [] : [name]));
  const problems: Problem[] = [];
  for (const { name, keys } of services) {
    for (const [index, needed] of (keys.dependsOn ?? []).entries()) {
      const path = name === null ? ['dependsOn', index] : ['services', name, 'dependsOn', index];
      if (names.includes(needed)) continue;
      const near = nearestName(needed, names);
      const hint = near === null ? '' : `Did you mean \`${near}\`? `;
      const known =
        names.length === 0 ? 'There is only one service.' : `The services are: ${names.join(', ')}.`;
      problems.push({ path, complaint: 'there is no such service', wayOut: `${hint}${known}` });
    }
  }
  if (problems.length > 0) return problems;
  const circle = findCircle(services);
  if (circle === null) return [];
  return [
    {
      path: ['services', circle[0] ?? '', 'dependsOn'],
      complaint: `the services wait for each other: ${[...circle, circle[0]].join(' -> ')}`,
      wayOut: 'Remove one of these names from its "dependsOn".',
    },
  ];
}

/** Names that depend on each other in a circle, in order; null: there is none. */
function findCircle(services: readonly ServicePart[]): readonly string[] | null {
  const needs = new Map(services.map(({ name, keys }) => [name ?? '', keys.dependsOn ?? []]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | null => {
    const at = path.indexOf(name);
    if (at !== -1) return path.slice(at);
    if (done.has(name)) return null;
    for (const needed of needs.get(name) ?? []) {
      const circle = visit(needed, [...path, name]);
      if (circle !== null) return circle;
    }
    done.add(name);
    return null;
  };
  for (const name of needs.keys()) {
    const circle = visit(name, []);
    if (circle !== null) return circle;
  }
  return null;
}
