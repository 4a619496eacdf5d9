import { FunctionError } from './function-error.js';

/**
 * What a function may know about its call.
 *
 * @typedef {object} Call
 * @property {AbortSignal} signal aborted when the caller went away or the job was cancelled
 * @property {(percent: number, message?: string) => void} progress of a job, 0 to 100
 * @property {(message: string) => void} log a line of text about a job
 */

/**
 * A function as the manifest tells about it, and what it does.
 *
 * @typedef {object} GameFunction
 * @property {string} id
 * @property {string} version
 * @property {string} summary
 * @property {readonly string[]} tags
 * @property {'low' | 'medium' | 'high'} risk
 * @property {{ json_schema: object }} [request]
 * @property {{ json_schema: object }} [response]
 * @property {(payload: unknown, call: Call) => unknown} run
 */

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Serves `GET /croupier/manifest.json`, which tells which functions there are, and `POST /functions/<id>` for each.
 *
 * @param {readonly GameFunction[]} functions
 * @returns {import('node:http').RequestListener}
 */
export function serveFunctions(functions) {
  const byPath = new Map(functions.map((one) => [`/functions/${one.id}`, one]));
  const manifest = {
    functions: functions.map(({ run, ...told }) => ({ ...told, http: `POST /functions/${told.id}` })),
  };

  return async (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const called = byPath.get(path);
    try {
      if (path === '/croupier/manifest.json') answer(response, 200, manifest);
      else if (called === undefined) throw new FunctionError(404, `there is nothing at ${path}`);
      else if (request.method !== 'POST') throw new FunctionError(405, 'functions are called by POST');
      else await run(called, request, response);
    } catch (error) {
      answerError(response, error);
    }
  };
}

/**
 * @param {GameFunction} called
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function run(called, request, response) {
  const payload = await readJson(request);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  // A caller that starts a job reads its events, one JSON object a line; any other waits for the result.
  const streams = request.headers.accept?.includes('application/x-ndjson') ?? false;
  let began = false;
  /** @param {object} event */
  const send = (event) => {
    if (!streams) return;
    if (!began) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    began = true;
    response.write(`${JSON.stringify(event)}\n`);
  };
  const call = {
    signal: gone.signal,
    /** @type {Call['progress']} */
    progress: (percent, message = '') => send({ type: 'progress', progress: Math.round(percent), message }),
    /** @type {Call['log']} */
    log: (message) => send({ type: 'log', message }),
  };
  try {
    const result = await called.run(payload, call);
    if (!began) return answer(response, 200, result);
    send({ type: 'done', progress: 100, payload: result });
  } catch (error) {
    if (!began) throw error;
    send({ type: 'error', message: describe(error) });
  }
  response.end();
}

/** @param {import('node:http').IncomingMessage} request */
async function readJson(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new FunctionError(413, `the body has more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new FunctionError(400, 'the body is not JSON');
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 */
function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {unknown} error
 */
function answerError(response, error) {
  const status = error instanceof FunctionError ? error.status : 500;
  // What was not read of a body that is too long has to go with its connection.
  if (status === 413) response.setHeader('connection', 'close');
  answer(response, status, { error: describe(error) });
}

/**
 * What callers are told. A bug's message is for the log only.
 *
 * @param {unknown} error
 */
function describe(error) {
  if (error instanceof FunctionError) return error.message;
  if (!(error instanceof Error && error.name === 'AbortError')) console.error(error);
  return 'internal error';
}
