import { isRecord } from '../config/record.js';

export type Schema = Readonly<Record<string, unknown>>;

/** No value at all fits. */
const NEVER: Schema = { not: {} };

export function isNever({ not }: Schema): boolean {
  return isRecord(not) && Object.keys(not).length === 0;
}

/**
 * A schema with its `$ref`s followed and its `allOf` put together. What cannot be read limits nothing, nor does a reference that leads back to
 * itself. `followed`: references on the way here.
 */
export function flatten(schema: unknown, root: unknown, followed: readonly string[] = []): Schema {
  if (schema === false) return NEVER;
  if (!isRecord(schema)) return {};
  const { $ref, allOf, ...own } = schema;
  const parts: Schema[] = [own];
  if (typeof $ref === 'string' && !followed.includes($ref)) {
    parts.push(flatten(resolveReference($ref, root), root, [...followed, $ref]));
  }
  if (Array.isArray(allOf)) for (const part of allOf) parts.push(flatten(part, root, followed));
  return parts.reduce(merge);
}

/** `#/$defs/Player`, within the schema itself; nothing is fetched. */
function resolveReference(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return true;
  let at = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = Array.isArray(at) ? at[Number(key)] : isRecord(at) && Object.hasOwn(at, key) ? at[key] : true;
  }
  return at;
}

function merge(one: Schema, other: Schema): Schema {
  const required = [...requiredOf(one), ...requiredOf(other)];
  const properties = { ...propertiesOf(one), ...propertiesOf(other) };
  return {
    ...one,
    ...other,
    ...(required.length > 0 && { required }),
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}

/** The alternatives of `anyOf`, `oneOf` and several types, each with what stands beside them; one alone where there are none. */
export function alternativesOf(schema: Schema, root: unknown): readonly Schema[] {
  const { anyOf, oneOf, ...beside } = schema;
  const branches = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [];
  const all = branches.length === 0 ? [beside] : branches.map((one) => merge(beside, flatten(one, root)));
  return all.flatMap((one) => {
    const types = typesOf(one) ?? [];
    return types.length < 2 ? [one] : types.map((type) => ({ ...one, type }));
  });
}

export function requiredOf(schema: Schema): readonly string[] {
  const { required } = schema;
  return Array.isArray(required) ? required.filter((one) => typeof one === 'string') : [];
}

export function propertiesOf(schema: Schema): Schema {
  return isRecord(schema.properties) ? schema.properties : {};
}

/** Names of the types that fit; null: any. */
export function typesOf(schema: Schema): readonly string[] | null {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((one) => typeof one === 'string') : null;
}

/** The values of `enum` or `const` as JSON; null: any. */
export function valuesOf(schema: Schema): readonly string[] | null {
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one));
  return 'const' in schema ? [JSON.stringify(schema.const)] : null;
}
