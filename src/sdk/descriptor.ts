import type { LocalFunctionDescriptor } from '../protocol/gen/croupier/agent/local/v1/local.js';

/** A JSON Schema as an object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a service tells about one of its functions or jobs. */
export interface FunctionDescriptor {
  /** Such as `player.ban`. Unique in the service. */
  readonly id: string;
  /** Default: `1.0.0`. */
  readonly version?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly operationId?: string;
  readonly deprecated?: boolean;
  /** JSON Schema of the payload, as an object or as text. Dashboards make their forms from it; it is not enforced here. */
  readonly inputSchema?: JsonSchema | string;
  /** JSON Schema of the result. */
  readonly outputSchema?: JsonSchema | string;
  readonly category?: string;
  readonly risk?: 'low' | 'medium' | 'high';
  readonly entity?: string;
  readonly operation?: string;
}

const DEFAULT_VERSION = '1.0.0';
const MAX_ID_LENGTH = 256;

/** The descriptor as it is registered. Throws a TypeError at a mistake: that is one in the app's own source. */
export function toLocalDescriptor(descriptor: FunctionDescriptor): LocalFunctionDescriptor {
  const { id, version = DEFAULT_VERSION } = descriptor;
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH || /\s/.test(id)) {
    throw new TypeError(
      `a function's id is 1 to ${MAX_ID_LENGTH} characters without spaces, such as 'player.ban'; got ${JSON.stringify(id)}`,
    );
  }
  if (typeof version !== 'string' || version === '') {
    throw new TypeError(`function ${id}: version is a text such as '1.0.0'; got ${JSON.stringify(version)}`);
  }
  return {
    id,
    version,
    tags: [...(descriptor.tags ?? [])],
    summary: descriptor.summary ?? '',
    description: descriptor.description ?? '',
    operationId: descriptor.operationId ?? '',
    deprecated: descriptor.deprecated ?? false,
    inputSchema: toSchemaText(id, 'inputSchema', descriptor.inputSchema),
    outputSchema: toSchemaText(id, 'outputSchema', descriptor.outputSchema),
    category: descriptor.category ?? '',
    risk: descriptor.risk ?? '',
    entity: descriptor.entity ?? '',
    operation: descriptor.operation ?? '',
  };
}

function toSchemaText(
  id: string,
  key: 'inputSchema' | 'outputSchema',
  schema: JsonSchema | string | undefined,
): string {
  if (schema === undefined) return '';
  if (typeof schema !== 'string') return JSON.stringify(schema);
  try {
    JSON.parse(schema);
    return schema;
  } catch (error) {
    throw new TypeError(
      `function ${id}: ${key} is not JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
}
