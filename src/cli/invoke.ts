import { resolve } from 'node:path';
import type { TlsFiles } from '../config/types.js';
import { assertNever } from '../core/failure.js';
import { err, ok, type Result } from '../core/result.js';
import type { UserError } from '../core/user-error.js';
import { parseRpcAddress } from '../protocol/address.js';
import { type AgentClient, connectAgent } from '../protocol/client.js';
import { findConnectionProblem } from '../protocol/explain-connection.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { readTls, type TlsMaterial } from '../protocol/tls.js';
import { printUserError } from './errors.js';
import { type FoundGateway, findGateway } from './find-gateway.js';
import type { InvokeArguments, InvokeTls } from './invoke-arguments.js';
import { runJob } from './invoke-job.js';
import { type InvokeOrder, readInvokeRequest } from './invoke-request.js';
import type { CliIo } from './io.js';
import { readPayload } from './read-payload.js';
import { suggestFunctions } from './unknown-function.js';

/** 128 + 2, the number of SIGINT, as shells have it. */
const INTERRUPTED = 130;

/** For finding out why nobody answers, in ms. */
const EXPLAIN_MS = 2_000;
/** No key of the configuration names the files that an agent is called with. */
const BY_FLAGS = null;

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
    tls: tlsOf(args.tls, io.cwd),
    env: io.env,
    cwd: io.cwd,
    onNotice: (message) => io.stderr.write(`${message}\n`),
  });
  if (!gateway.ok) return printUserError(gateway.error, io.stderr);
  const tls = await readTlsFiles(gateway.value.tls);
  if (!tls.ok) return printUserError(tls.error, io.stderr);
  const client = connectAgent(gateway.value.address, tls.value);
  const call: Call = {
    client,
    gateway: gateway.value,
    tls: tls.value,
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

function tlsOf({ ca, cert, key, serverName }: InvokeTls, cwd: string): TlsFiles | null {
  if ([ca, cert, key, serverName].every((one) => one === undefined)) return null;
  const file = (path: string | undefined) => (path === undefined ? null : resolve(cwd, path));
  return { ca: file(ca), cert: file(cert), key: file(key), serverName: serverName ?? null };
}

async function readTlsFiles(files: TlsFiles | null): Promise<Result<TlsMaterial | null, UserError>> {
  if (files === null) return ok(null);
  const material = await readTls(files);
  if (material.ok) return material;
  return err({
    exitCode: 2,
    message: material.error,
    wayOut: 'Name other files with --tls-ca, --tls-cert and --tls-key.',
  });
}

interface Call {
  readonly client: AgentClient;
  readonly gateway: FoundGateway;
  readonly tls: TlsMaterial | null;
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
  const { client, order, io } = call;
  if (!call.reached()) return printUserError(await unreachable(call, failure), io.stderr);
  const details = ['croupier-reason', 'croupier-generation']
    .filter((key) => failure.metadata[key] !== undefined)
    .map((key) => `${key}: ${failure.metadata[key]}`);
  const headline = failure.message === '' ? failure.codeName : `${failure.codeName}: ${failure.message}`;
  const message = [headline, ...details].join('\n');
  const wayOut =
    failure.codeName === 'NOT_FOUND' ? await suggestFunctions(client, order.request.functionId) : null;
  return printUserError({ exitCode: 1, message, ...(wayOut === null ? {} : { wayOut }) }, io.stderr);
}

async function unreachable({ gateway, tls }: Call, failure: RpcFailure): Promise<UserError> {
  const { address, source } = gateway;
  const targets = parseRpcAddress(address);
  const [target] = targets.ok ? targets.value : [];
  const problem =
    target === undefined ? null : await findConnectionProblem(target, tls, EXPLAIN_MS, BY_FLAGS);
  const error: UserError = {
    exitCode: 3,
    message: `nobody answers at ${address} (${source}): ${problem?.text ?? failure.message}`,
  };
  // What is there can be reached in the way that the problem tells.
  if (problem?.kind === 'unusable') return error;
  return {
    ...error,
    wayOut: 'Start `croupier dev` in the project, or name the agent with --agent host:port.',
  };
}
