import { assertNever } from '../core/failure.js';
import type { UserError } from '../core/user-error.js';
import { type AgentClient, connectAgent } from '../protocol/client.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { printUserError } from './errors.js';
import { type FoundGateway, findGateway } from './find-gateway.js';
import type { InvokeArguments } from './invoke-arguments.js';
import { runJob } from './invoke-job.js';
import { type InvokeOrder, readInvokeRequest } from './invoke-request.js';
import type { CliIo } from './io.js';
import { readPayload } from './read-payload.js';
import { suggestFunctions } from './unknown-function.js';

/** 128 + 2, the number of SIGINT, as shells have it. */
const INTERRUPTED = 130;

/** Where Ctrl-C comes from: `process`. */
export interface InterruptSource {
  on(signal: 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGINT', listener: () => void): unknown;
}

/**
 * `croupier invoke`: one call, or one job with its events. Answers the exit code: 0 answered, 1 the function failed,
 * 2 usage, 3 nobody there, 130 interrupted.
 */
export async function invokeCommand(
  args: InvokeArguments,
  io: CliIo,
  interrupts: InterruptSource = process,
): Promise<number> {
  const payload = await readPayload(args.payload, () => io.stdin);
  if (!payload.ok) return printUserError(payload.error, io.stderr);
  const order = readInvokeRequest(args, payload.value);
  if (!order.ok) return printUserError(order.error, io.stderr);
  const gateway = await findGateway({
    agent: args.agent,
    env: io.env,
    cwd: io.cwd,
    onNotice: (message) => io.stderr.write(`${message}\n`),
  });
  if (!gateway.ok) return printUserError(gateway.error, io.stderr);
  const client = connectAgent(gateway.value.address);
  const call: Call = {
    client,
    gateway: gateway.value,
    order: order.value,
    io,
    reached: watchConnection(client),
  };
  try {
    return args.job ? await invokeJob(call, args.json, interrupts) : await invokeOnce(call);
  } finally {
    client.close();
  }
}

interface Call {
  readonly client: AgentClient;
  readonly gateway: FoundGateway;
  readonly order: InvokeOrder;
  readonly io: CliIo;
  /** Whether a connection was ever there: what fails without one is not the function's doing. */
  readonly reached: () => boolean;
}

function watchConnection(client: AgentClient): () => boolean {
  let connected = false;
  client.onStateChange((state) => {
    if (state === 'ready') connected = true;
  });
  return () => connected;
}

async function invokeOnce(call: Call): Promise<number> {
  const { client, order, io } = call;
  const { functionId } = order.request;
  const answer = await client.invoke(order.request, { timeoutMs: order.timeoutMs });
  if (!answer.ok) return explainFailure(call, answer.error);
  const { payload } = answer.value;
  const suggestion = payload.length === 0 ? await suggestFunctions(client, functionId) : null;
  if (suggestion !== null) {
    const message = `the answer is empty and the agent does not list ${functionId}: agents can answer so for a function that they do not know`;
    return printUserError({ exitCode: 1, message, wayOut: suggestion }, io.stderr);
  }
  await write(io, payload);
  return 0;
}

/** The payload exactly as it came; only a terminal gets a line end that is missing. */
function write(io: CliIo, payload: Buffer): Promise<void> {
  const newline = io.stdout.isTTY === true && payload.length > 0 && payload.at(-1) !== 0x0a;
  return new Promise((resolve) => {
    io.stdout.write(newline ? Buffer.concat([payload, Buffer.from('\n')]) : payload, () => resolve());
  });
}

async function invokeJob(call: Call, json: boolean, interrupts: InterruptSource): Promise<number> {
  const { client, order, io } = call;
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const writeLine = (line: string) => io.stdout.write(`${line}\n`);
  interrupts.on('SIGINT', interrupt);
  const outcome = await runJob(client, order, { json, writeLine }, interrupted.signal).finally(() =>
    interrupts.off('SIGINT', interrupt),
  );
  switch (outcome.outcome) {
    case 'done':
      return 0;
    case 'failed':
      return 1;
    case 'interrupted':
      return INTERRUPTED;
    case 'refused':
      return printUserError(outcome.error, io.stderr);
    case 'rpc-failed':
      return explainFailure(call, outcome.failure);
    default:
      return assertNever(outcome);
  }
}

async function explainFailure(call: Call, failure: RpcFailure): Promise<number> {
  const { client, gateway, order, io } = call;
  if (!call.reached()) return printUserError(unreachable(gateway, failure), io.stderr);
  const details = ['croupier-reason', 'croupier-generation']
    .filter((key) => failure.metadata[key] !== undefined)
    .map((key) => `${key}: ${failure.metadata[key]}`);
  const headline = failure.message === '' ? failure.codeName : `${failure.codeName}: ${failure.message}`;
  const message = [headline, ...details].join('\n');
  const wayOut =
    failure.codeName === 'NOT_FOUND' ? await suggestFunctions(client, order.request.functionId) : null;
  return printUserError({ exitCode: 1, message, ...(wayOut === null ? {} : { wayOut }) }, io.stderr);
}

function unreachable(gateway: FoundGateway, failure: RpcFailure): UserError {
  return {
    exitCode: 3,
    message: `nobody answers at ${gateway.address} (${gateway.source}): ${failure.message}`,
    wayOut: 'Start `croupier dev` in the project, or name the agent with --agent host:port.',
  };
}
