import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  GetJobResultResponse,
  HeartbeatRequest,
  ListLocalResponse,
  RegisterLocalRequest,
  RegisterLocalResponse,
} from '../../../src/protocol/gen/croupier/agent/local/v1/local.js';
import { DescribeResponse } from '../../../src/protocol/gen/croupier/dev/v1/session.js';
import {
  CancelJobRequest,
  InvokeRequest,
  InvokeResponse,
  JobEvent,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { isJson, jsonToProtobuf, protobufToJson } from '../../../src/protocol/json-codec.js';
import {
  DESCRIBE_RESPONSE,
  EMPTY,
  GET_JOB_RESULT_RESPONSE,
  HEARTBEAT_REQUEST,
  INVOKE_REQUEST,
  INVOKE_RESPONSE,
  JOB_EVENT,
  JOB_ID,
  LIST_LOCAL_RESPONSE,
  type MessageShape,
  REGISTER_LOCAL_REQUEST,
  REGISTER_LOCAL_RESPONSE,
} from '../../../src/protocol/json-codec-shapes.js';

/** The generated form of a message with no field at its zero value, and the JSON of the same. */
interface Example {
  readonly name: string;
  readonly shape: MessageShape;
  readonly bytes: Uint8Array;
  readonly json: unknown;
}

const descriptor = {
  id: 'player.ban',
  version: '1.0.0',
  tags: ['a', 'b'],
  summary: 'Bans',
  description: 'Bans a player',
  operationId: 'banPlayer',
  deprecated: true,
  inputSchema: '{"type":"object"}',
  outputSchema: '{}',
  category: 'player',
  risk: 'high',
  entity: 'player',
  operation: 'ban',
};

const { operationId, inputSchema, outputSchema, ...sameNames } = descriptor;
const descriptorJson = {
  ...sameNames,
  operation_id: operationId,
  input_schema: inputSchema,
  output_schema: outputSchema,
};

const bytes = Buffer.from([0, 255, 254, 62, 63]);
const base64 = 'AP/+Pj8=';

const EXAMPLES: readonly Example[] = [
  {
    name: 'InvokeRequest',
    shape: INVOKE_REQUEST,
    bytes: InvokeRequest.encode({
      functionId: 'player.ban',
      idempotencyKey: 'once',
      payload: bytes,
      metadata: { route: 'hash', 'hash-key': 'ä' },
    }).finish(),
    json: {
      function_id: 'player.ban',
      idempotency_key: 'once',
      payload: base64,
      metadata: { route: 'hash', 'hash-key': 'ä' },
    },
  },
  {
    name: 'InvokeResponse',
    shape: INVOKE_RESPONSE,
    bytes: InvokeResponse.encode({ payload: bytes }).finish(),
    json: { payload: base64 },
  },
  {
    name: 'JobEvent',
    shape: JOB_EVENT,
    bytes: JobEvent.encode({ type: 'progress', message: 'half', progress: 50, payload: bytes }).finish(),
    json: { type: 'progress', message: 'half', progress: 50, payload: base64 },
  },
  {
    name: 'messages with a job id',
    shape: JOB_ID,
    bytes: CancelJobRequest.encode({ jobId: 'job-1' }).finish(),
    json: { job_id: 'job-1' },
  },
  {
    name: 'RegisterLocalRequest',
    shape: REGISTER_LOCAL_REQUEST,
    bytes: RegisterLocalRequest.encode({
      serviceId: 'game',
      version: '2.0.0',
      rpcAddr: ':1234',
      functions: [descriptor, descriptor],
    }).finish(),
    json: {
      service_id: 'game',
      version: '2.0.0',
      rpc_addr: ':1234',
      functions: [descriptorJson, descriptorJson],
    },
  },
  {
    name: 'RegisterLocalResponse',
    shape: REGISTER_LOCAL_RESPONSE,
    bytes: RegisterLocalResponse.encode({ sessionId: 's' }).finish(),
    json: { session_id: 's' },
  },
  {
    name: 'HeartbeatRequest',
    shape: HEARTBEAT_REQUEST,
    bytes: HeartbeatRequest.encode({ serviceId: 'game', sessionId: 's' }).finish(),
    json: { service_id: 'game', session_id: 's' },
  },
  {
    name: 'ListLocalResponse',
    shape: LIST_LOCAL_RESPONSE,
    bytes: ListLocalResponse.encode({
      functions: [
        {
          id: 'player.ban',
          instances: [{ serviceId: 'game', addr: ':1', version: '1', lastSeen: '2026-01-01T00:00:00Z' }],
        },
      ],
    }).finish(),
    json: {
      functions: [
        {
          id: 'player.ban',
          instances: [{ service_id: 'game', addr: ':1', version: '1', last_seen: '2026-01-01T00:00:00Z' }],
        },
      ],
    },
  },
  {
    name: 'GetJobResultResponse',
    shape: GET_JOB_RESULT_RESPONSE,
    bytes: GetJobResultResponse.encode({ state: 'error', payload: bytes, error: 'why' }).finish(),
    json: { state: 'error', payload: base64, error: 'why' },
  },
  {
    name: 'DescribeResponse',
    shape: DESCRIBE_RESPONSE,
    bytes: DescribeResponse.encode({
      sessionId: 's',
      version: '1',
      pid: 4711,
      services: ['game'],
      leaving: ['game-1'],
      takenOut: ['shop-1'],
    }).finish(),
    json: {
      session_id: 's',
      version: '1',
      pid: 4711,
      services: ['game'],
      leaving: ['game-1'],
      taken_out: ['shop-1'],
    },
  },
  { name: 'the empty message', shape: EMPTY, bytes: Buffer.alloc(0), json: {} },
];

function toProtobuf(shape: MessageShape, json: unknown): Buffer {
  const result = jsonToProtobuf(shape, Buffer.from(JSON.stringify(json)));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function toJson(shape: MessageShape, message: Uint8Array): unknown {
  const result = protobufToJson(shape, message);
  if (!result.ok) throw new Error(result.error);
  return JSON.parse(result.value.toString());
}

function problemOf(shape: MessageShape, text: string | Buffer): string {
  const result = jsonToProtobuf(shape, Buffer.from(text));
  if (result.ok) throw new Error('that was no problem');
  return result.error;
}

describe.each(EXAMPLES)('$name', ({ shape, bytes: message, json }) => {
  test('becomes JSON with snake_case names and standard base64', () => {
    expect(toJson(shape, message)).toEqual(json);
  });

  test('becomes the same bytes again', () => {
    expect(toProtobuf(shape, json)).toEqual(Buffer.from(message));
  });

  test('is told from the other form by its first byte', () => {
    expect(isJson(message)).toBe(false);
    expect(isJson(Buffer.from(JSON.stringify(json)))).toBe(true);
  });
});

describe('JSON that is read', () => {
  const read = (json: unknown): InvokeRequest => InvokeRequest.decode(toProtobuf(INVOKE_REQUEST, json));

  test('may have names in camelCase', () => {
    expect(read({ functionId: 'f', idempotencyKey: 'k' })).toMatchObject({
      functionId: 'f',
      idempotencyKey: 'k',
    });
  });

  test('may have fields that are not known, and null for what is left out', () => {
    const empty = { functionId: '', idempotencyKey: '', payload: Buffer.alloc(0), metadata: {} };
    expect(read({ function_id: null, payload: null, metadata: null, newer: { field: [1] } })).toEqual(empty);
    expect(toProtobuf(REGISTER_LOCAL_REQUEST, { functions: null })).toEqual(Buffer.alloc(0));
  });

  test.each([
    ['standard', '+/+/', 'fbffbf'],
    ['url-safe', '-_-_', 'fbffbf'],
    ['with two paddings', 'AA==', '00'],
    ['with one', 'AAA=', '0000'],
    ['without its padding', 'AAA', '0000'],
    ['empty', '', ''],
  ])('may have base64 that is %s', (_what, text, hex) => {
    expect(read({ payload: text }).payload.toString('hex')).toBe(hex);
  });

  test.each([
    ['a number', -5],
    ['text', '-5'],
  ])('may have an integer as %s', (_what, value) => {
    expect(JobEvent.decode(toProtobuf(JOB_EVENT, { progress: value })).progress).toBe(-5);
    expect(DescribeResponse.decode(toProtobuf(DESCRIBE_RESPONSE, { pid: value })).pid).toBe(-5);
  });

  test('keeps keys of a map that JavaScript has a meaning for', () => {
    const message = jsonToProtobuf(
      INVOKE_REQUEST,
      Buffer.from('{"metadata": {"__proto__": "p", "constructor": "c"}}'),
    );
    if (!message.ok) throw new Error(message.error);
    const json = protobufToJson(INVOKE_REQUEST, message.value);
    expect(json.ok && json.value.toString()).toBe('{"metadata":{"__proto__":"p","constructor":"c"}}');
  });

  test.each([
    ['{"function_id": }', /^the message is not valid JSON: /],
    ['{"function_id": "f"', /^the message is not valid JSON: /],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), /^the message is not valid JSON: /],
    ['[]', /^the message: expected an object, got an array$/],
    ['{"function_id": 5}', /^function_id: expected a string, got 5$/],
    ['{"payload": {"x": 1}}', /^payload: expected base64 text, got an object$/],
    ['{"payload": "{\\"x\\":1}"}', /^payload: expected base64 text, got "{\\"x\\":1}"$/],
    ['{"payload": "AAAAA"}', /^payload: expected base64 text, got "AAAAA"$/],
    ['{"payload": "AA="}', /^payload: expected base64 text/],
    ['{"payload": "A==="}', /^payload: expected base64 text/],
    ['{"metadata": []}', /^metadata: expected an object, got an array$/],
    ['{"metadata": {"route": true}}', /^metadata\.route: expected a string, got true$/],
  ])('but %s is refused, and why is said', (text, problem) => {
    expect(problemOf(INVOKE_REQUEST, text)).toMatch(problem);
  });

  test.each([
    ['{"functions": {}}', 'functions: expected an array, got an object'],
    ['{"functions": [{}, 7]}', 'functions[1]: expected an object, got 7'],
    ['{"functions": [null]}', 'functions[0]: expected an object, got null'],
    ['{"functions": [{"tags": [1]}]}', 'functions[0].tags[0]: expected a string, got 1'],
    ['{"functions": [{"deprecated": "yes"}]}', 'functions[0].deprecated: expected true or false, got "yes"'],
  ])('in nested messages, too: %s', (text, problem) => {
    expect(problemOf(REGISTER_LOCAL_REQUEST, text)).toBe(problem);
  });

  test.each(['1.5', '2147483648', '"12x"', '""', 'true'])('an integer of 32 bits is not %s', (value) => {
    expect(problemOf(JOB_EVENT, `{"progress": ${value}}`)).toMatch(
      /^progress: expected an integer of 32 bits/,
    );
  });

  test('shows no more of a long text than its beginning', () => {
    expect(problemOf(INVOKE_REQUEST, JSON.stringify({ payload: '!'.repeat(10_000) })).length).toBeLessThan(
      100,
    );
    const metadata = { ['k'.repeat(10_000)]: 1 };
    expect(problemOf(INVOKE_REQUEST, JSON.stringify({ metadata })).length).toBeLessThan(100);
  });
});

describe('JSON that is written', () => {
  test('leaves zero values out', () => {
    const zero = Buffer.from([0x18, 0, 0x22, 0]);
    expect(toJson(JOB_EVENT, zero)).toEqual({});
    expect(toJson(JOB_EVENT, Buffer.alloc(0))).toEqual({});
  });

  test('has the last occurrence of a field, and nothing of unknown ones', () => {
    const twice = Buffer.concat([
      JobEvent.encode({ type: 'first', message: '', progress: 1, payload: Buffer.alloc(0) }).finish(),
      // Field 99 with three bytes, then `type` again, then `progress` with a wire type that is not its own.
      Buffer.from([0x9a, 0x06, 0x03, 1, 2, 3]),
      JobEvent.encode({ type: 'last', message: '', progress: 0, payload: Buffer.alloc(0) }).finish(),
      Buffer.from([0x1a, 0x01, 0x05]),
    ]);
    expect(toJson(JOB_EVENT, twice)).toEqual({ type: 'last', progress: 1 });
  });

  test('has an integer that a number cannot hold as text', () => {
    const message = toProtobuf(DESCRIBE_RESPONSE, { pid: '9007199254740993' });
    expect(toJson(DESCRIBE_RESPONSE, message)).toEqual({ pid: '9007199254740993' });
  });

  test('is refused for bytes that are no protobuf', () => {
    const result = protobufToJson(JOB_EVENT, Buffer.from([0x0a, 0x7f, 1]));
    expect(result).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^the message is not valid protobuf: /),
    });
  });
});

test('a payload of some MiB comes through whole', () => {
  const payload = randomBytes(5 * 1024 * 1024 + 1);
  const message = InvokeResponse.encode({ payload }).finish();
  const json = protobufToJson(INVOKE_RESPONSE, message);
  if (!json.ok) throw new Error(json.error);
  const back = jsonToProtobuf(INVOKE_RESPONSE, json.value);
  expect(back.ok && Buffer.compare(back.value, message)).toBe(0);
});
