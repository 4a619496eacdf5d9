import { readFile } from 'node:fs/promises';
import { type ParseError, parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../../src/config/defaults.js';
import { makeJsonSchema } from '../../../src/config/json-schema.js';
import { valueAt } from '../../../src/config/problem.js';
import { isRecord } from '../../../src/config/record.js';
import { fileSchema } from '../../../src/config/schema/file.js';
import { DEFAULT_HOLD } from '../../../src/config/types.js';
import { Project, serviceOf } from './project.js';

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');
const readExample = () => read('croupier.config.example.json');

/** The example with the other forms that stand in comments; of two of the same key the later one counts. */
function withOtherForms(example: string): string {
  return example.replaceAll(/^(\s*)\/\/ (?=(?:\s*["{}\]]))/gm, '$1');
}

function parseJsonc(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  expect(errors).toEqual([]);
  return value;
}

/** Paths of all keys that an object schema has, arrays and unions looked through. */
function keyPaths(schema: unknown, path: string): string[] {
  if (!isRecord(schema)) return [];
  const inner = [schema.items, ...(Array.isArray(schema.anyOf) ? schema.anyOf : [])];
  const properties = isRecord(schema.properties) ? Object.entries(schema.properties) : [];
  return [
    ...inner.flatMap((one) => keyPaths(one, path)),
    ...properties.flatMap(([key, value]) => [`${path}${key}`, ...keyPaths(value, `${path}${key}.`)]),
  ];
}

function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => pathsOf(one, path));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => [`${path}${key}`, ...pathsOf(one, `${path}${key}.`)]);
}

describe('the JSON Schema', () => {
  it('is up to date (generate it by src/config/generate-schema.ts)', async () => {
    expect(JSON.parse(await read('src/config/croupier.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(makeJsonSchema())),
    );
  });

  it('has a description for every key, and the default of every key at the top level', () => {
    const { properties } = makeJsonSchema();
    const entries = Object.entries(isRecord(properties) ? properties : {});
    expect(entries.map(([key]) => key).sort()).toEqual([...Object.keys(DEFAULTS), '$schema'].sort());
    for (const [key, schema] of entries) {
      expect(schema, key).toHaveProperty('description');
      if (key !== '$schema') expect(schema, key).toHaveProperty('default', valueAt(DEFAULTS, [key]));
    }
  });
});

/** The other forms that take one line, each as a file of its own. */
function otherForms(example: string): string[] {
  return [...example.matchAll(/^ {2}\/\/ (".*),$/gm)].map(([, form]) => `{ ${form} }`);
}

describe('the example', () => {
  it('shows other forms that are valid', async () => {
    const forms = otherForms(await readExample());
    expect(forms).toContain('{ "ready": "spawn" }');
    for (const form of forms) {
      expect(fileSchema.safeParse(parseJsonc(form)).error?.issues ?? [], form).toEqual([]);
    }
  });

  it('holds exactly the defaults', async () => {
    const example = parseJsonc(await readExample());
    expect(isRecord(example) ? { ...example, $schema: undefined } : example).toEqual(DEFAULTS);
  });

  it('is what holds without a file', async () => {
    const project = await Project.create({ 'server.js': '' });
    const without = await project.session();
    await project.write('croupier.config.json', await readExample());
    const withExample = await project.session();
    expect(withExample.file).not.toBeNull();
    expect({ ...withExample, file: null }).toEqual(without);
  });

  it('has every key of the features that are built, and its comments are valid', async () => {
    const value = parseJsonc(withOtherForms(await readExample()));
    const parsed = fileSchema.safeParse(value);
    expect(parsed.error?.issues ?? []).toEqual([]);
    const planned = /^(?:upstream|functions|proxy|check|gateway\.(?:tls|childTls))\./;
    const wanted = keyPaths(makeJsonSchema(), '').filter((path) => !planned.test(path));
    expect(wanted).toContain('build.artifact');
    expect(wanted).toContain('rules.command');
    const present = new Set([...pathsOf(parseJsonc(await readExample())), ...pathsOf(value)]);
    expect(wanted.filter((path) => !present.has(path))).toEqual([]);
  });
});

it('the limits of the hold queue are those that the gateway has by itself', async () => {
  expect((await serviceOf({})).hold).toEqual(DEFAULT_HOLD);
});
