import * as z from 'zod';

// What the API takes and answers. The requests are validated by these, the client reads the answers with them, and the OpenAPI
// description is made of them. Durations are ms, times ISO 8601 in UTC, generations count from 1.

const name = z.string().min(1).max(256);
const ms = z.number().nonnegative();
const count = z.number().int().nonnegative();
const generation = z.number().int().positive();
const time = z.iso.datetime();
const version = z.string().nullable();

export const functionSummarySchema = z.object({ id: z.string(), version: z.string() });

export const phasesSchema = z
  .object({ build: ms, drain: ms, stop: ms, start: ms, total: ms })
  .describe('How long each phase took; 0: there was none');

export const callCountsSchema = z.object({ held: count, drained: count, replayed: count, lost: count });

export const inFlightSchema = z.object({ calls: count, jobs: count });

export const reloadSchema = z.object({
  service: name,
  generation,
  time,
  outcome: z.enum(['swapped', 'kept-old', 'hot', 'failed']),
  trigger: z.object({
    kind: z.enum(['start', 'change', 'manual', 'crash']),
    paths: z.array(z.string()).describe('Relative to the folder of the service; at most 20'),
  }),
  rule: z.string(),
  strategy: z.enum(['overlap', 'stop-first']),
  ms: phasesSchema,
  calls: callCountsSchema,
  failure: z.string().nullable().describe('Why it was not swapped; null: it was'),
  serving: generation.nullable().describe('The generation that has the calls afterwards; null: none'),
});

export const upstreamSchema = z.object({
  url: z.string(),
  state: z.enum(['connecting', 'connected', 'lost', 'succeeded', 'closed']),
  reason: z.string().nullable(),
  reconnects: count,
});

export const generationSchema = z.object({
  service: name,
  generation,
  instance: z.number().int().positive().nullable().describe('null: the service has one process at a time'),
  pid: z.number().int().positive().nullable(),
  state: z.enum(['building', 'starting', 'ready', 'active', 'draining', 'stopped', 'failed']),
  startedAt: time.nullable().describe('When its process was started'),
  readyMs: ms.nullable().describe('From its start until it was ready'),
  activeAt: time.nullable().describe('When it got the calls, the last time'),
  endedAt: time.nullable(),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  failure: z.object({ reason: z.string(), message: z.string() }).nullable(),
  functions: z.array(functionSummarySchema),
});

export const serviceStatusSchema = z.object({
  name,
  state: z.enum(['idle', 'building', 'starting', 'ready', 'draining', 'failed']),
  isServing: z.boolean().describe('A generation has the calls'),
  isDrained: z.boolean().describe('It was taken out of routing upstream'),
  active: z.array(generationSchema).describe('The generations that have the calls; one for each instance'),
  functions: z.array(functionSummarySchema),
  inFlight: inFlightSchema,
  held: count,
  calls: callCountsSchema.extend({ answered: count }).describe('Totals of the session'),
  crashes: count,
  lastReload: reloadSchema.nullable(),
  failure: z
    .object({ reason: z.string(), message: z.string() })
    .nullable()
    .describe('The last one, until a generation is active'),
});

export const statusSchema = z.object({
  version: z.string(),
  pid: z.number().int().positive(),
  root: z.string(),
  startedAt: time,
  uptimeMs: ms,
  gateway: z.string(),
  isReady: z.boolean().describe('Every service has a generation that has the calls'),
  isPaused: z.boolean(),
  upstream: upstreamSchema.nullable(),
  services: z.array(serviceStatusSchema),
});

/** A JSON Schema as it was registered: an object, or the text where it is not JSON. */
const registeredSchema = z.unknown().describe('A JSON Schema; its text where that is not JSON; null: none');

export const functionSchema = z.object({
  id: z.string(),
  version: z.string(),
  service: z.string(),
  generation: generation.nullable().describe('null: a service that nobody here supervises'),
  summary: z.string(),
  description: z.string(),
  operationId: z.string(),
  tags: z.array(z.string()),
  deprecated: z.boolean(),
  category: z.string(),
  risk: z.string(),
  entity: z.string(),
  operation: z.string(),
  inputSchema: registeredSchema,
  outputSchema: registeredSchema,
});

export const functionListSchema = z.object({ functions: z.array(functionSchema) });

export const generationListSchema = z.object({
  generations: z.array(generationSchema).describe('Oldest first; the last 50 of each service'),
});

export const reloadRequestSchema = z.strictObject({
  targets: z
    .array(name)
    .max(1000)
    .default([])
    .describe('Names of services and ids of functions; empty: every service'),
});

export const functionReloadSchema = z.object({
  service: name,
  outcome: z.enum(['reloaded', 'failed', 'needs-restart']),
  generation: generation.nullable(),
  reloaded: z.array(z.object({ id: z.string(), oldVersion: version, newVersion: version })),
  failed: z.array(z.object({ id: version, path: z.string(), error: z.string(), rolledBack: z.boolean() })),
  reason: z.string().nullable().describe('Why a restart is needed'),
  ms,
});

export const reloadAnswerSchema = z.object({
  ok: z.boolean().describe('Everything that was asked for runs now'),
  services: z.array(reloadSchema),
  functions: z.array(functionReloadSchema),
});

export const rollbackRequestSchema = z.strictObject({
  target: name
    .optional()
    .describe(
      'The id of a function, or the name of a service whose build is rolled back; absent: the only service',
    ),
});

export const rollbackAnswerSchema = z.object({
  ok: z.boolean(),
  service: name,
  function: z.object({ id: z.string(), oldVersion: version, newVersion: version }).nullable(),
  reload: reloadSchema
    .nullable()
    .describe('How the earlier build was started; null: a function was rolled back'),
});

export const pauseAnswerSchema = z.object({ isPaused: z.boolean() });

export const drainRequestSchema = z.strictObject({
  target: name.optional().describe('The name of a service; absent: all of them'),
  timeoutMs: z.number().int().min(0).max(86_400_000).default(60_000),
});

export const drainAnswerSchema = z.object({
  isDrained: z.boolean().describe('Nothing is under way and nothing is held'),
  services: z.array(name),
  inFlight: inFlightSchema,
  held: count,
  ms,
});

export const stopRequestSchema = z.strictObject({
  force: z.boolean().default(false).describe('Ends everything at once, without draining'),
});

export const stopAnswerSchema = z.object({ pid: z.number().int().positive() });

export const logsQuerySchema = z.strictObject({
  service: name.optional(),
  lines: z.coerce.number().int().min(1).max(100_000).default(100),
});

export const logLineSchema = z.object({
  id: z.string().describe('To go on from, with `after` of /v1/events'),
  time,
  service: name,
  generation,
  stream: z.enum(['stdout', 'stderr']),
  line: z.string(),
});

export const logsAnswerSchema = z.object({
  lines: z.array(logLineSchema),
  next: z.string().describe('The id to follow from'),
});

/** The data of a `process.output` event. */
export const outputEventSchema = logLineSchema.omit({ id: true });

export const serviceQuerySchema = z.strictObject({ service: name.optional() });

export const eventsQuerySchema = z.strictObject({
  types: z
    .string()
    .max(1000)
    .optional()
    .describe('Types of events, separated by commas; absent: all. `session.closed` is always sent'),
  service: name.optional(),
  after: z
    .string()
    .max(64)
    .optional()
    .describe('The id of an event, or `start`: what is kept comes first. `Last-Event-ID` wins over it'),
});

export const callRequestSchema = z
  .strictObject({
    payload: z.unknown().optional().describe('Sent as JSON; absent: an empty payload'),
    payloadBase64: z.base64().optional().describe('The payload as bytes, in place of `payload`'),
    metadata: z.record(z.string(), z.string()).default({}),
    idempotencyKey: z.string().max(1024).default(''),
    timeoutMs: z.number().int().min(1).max(3_600_000).default(30_000),
  })
  .refine((value) => value.payload === undefined || value.payloadBase64 === undefined, {
    message: 'has both `payload` and `payloadBase64`',
  });

const payloadSchema = z.unknown().optional().describe('Where the payload is JSON');
const payloadBase64Schema = z.string().optional().describe('Where it is not; neither: it is empty');

export const callAnswerSchema = z.object({ payload: payloadSchema, payloadBase64: payloadBase64Schema });

export const functionParamsSchema = z.strictObject({ id: name.describe('The id of the function') });

export const jobParamsSchema = z.strictObject({ id: name.describe('The id of the job') });

export const jobStartedSchema = z.object({ jobId: z.string() });

export const jobSchema = z.object({
  jobId: z.string(),
  state: z.string().describe('`running`, or how it ended'),
  error: z.string(),
  payload: payloadSchema,
  payloadBase64: payloadBase64Schema,
});

export const healthSchema = z.object({ status: z.literal('ok') });

export const readinessSchema = z.object({
  isReady: z.boolean(),
  services: z.array(z.object({ name, isServing: z.boolean() })),
});

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    call: z
      .object({ status: z.string(), reason: z.string().nullable() })
      .optional()
      .describe('Of a call that failed: the name of its gRPC status, and why the gateway answered itself'),
  }),
});

export type StatusAnswer = z.output<typeof statusSchema>;
export type ServiceStatusAnswer = z.output<typeof serviceStatusSchema>;
export type GenerationAnswer = z.output<typeof generationSchema>;
export type FunctionAnswer = z.output<typeof functionSchema>;
export type ReloadRequest = z.output<typeof reloadRequestSchema>;
export type ReloadReport = z.output<typeof reloadSchema>;
export type FunctionReloadReport = z.output<typeof functionReloadSchema>;
export type ReloadAnswer = z.output<typeof reloadAnswerSchema>;
export type RollbackAnswer = z.output<typeof rollbackAnswerSchema>;
export type DrainRequest = z.output<typeof drainRequestSchema>;
export type DrainAnswer = z.output<typeof drainAnswerSchema>;
export type LogLine = z.output<typeof logLineSchema>;
export type OutputLine = z.output<typeof outputEventSchema>;
export type CallRequest = z.output<typeof callRequestSchema>;
export type CallAnswer = z.output<typeof callAnswerSchema>;
export type ReadinessAnswer = z.output<typeof readinessSchema>;
