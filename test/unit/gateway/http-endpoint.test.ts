import type { ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { HttpEndpoint } from '../../../src/gateway/http-endpoint.js';
import type { HttpFunction } from '../../../src/gateway/http-function.js';
import type { CallOutcome, ChildCall } from '../../../src/protocol/child-call.js';
import {
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  JobStreamRequest,
} from '../../../src/protocol/gen/croupier/function/v1/function.js';
import { readJobId } from '../../../src/protocol/raw-codec.js';
import { statusName } from '../../../src/protocol/status-codes.js';
import { cleanUp, until } from './harness.js';
import { type HttpHandler, type HttpProcess, httpFunction, startHttpProcess } from './http-process.js';

interface Sent {
  readonly call: ChildCall;
  readonly outcome: Promise<CallOutcome>;
  isOver(): boolean;
}

interface Served {
  readonly process: HttpProcess;
  readonly endpoint: HttpEndpoint;
  /** How often the endpoint told that something changed. */
  readonly changes: () => number;
  invoke(payload?: string, parts?: Partial<InvokeRequest>): Sent;
  startJob(payload?: string): Sent;
}

function open(port: number, functions: readonly HttpFunction[] = [httpFunction('f')]) {
  let changes = 0;
  const endpoint = new HttpEndpoint({ host: '127.0.0.1', port }, functions, systemClock, {
    onChange: () => {
      changes += 1;
    },
    onRoom: () => undefined,
    onReleased: () => undefined,
    onNotice: () => undefined,
  });
  cleanUp(() => endpoint.destroy());
  return { endpoint, changes: () => changes };
}

function send(start: (handlers: { onOutcome(outcome: CallOutcome): void }) => ChildCall): Sent {
  let over = false;
  let resolve = (_outcome: CallOutcome): void => undefined;
  const outcome = new Promise<CallOutcome>((fulfil) => {
    resolve = fulfil;
  });
  const call = start({
    onOutcome: (one) => {
      if (over) throw new Error('a second outcome');
      over = true;
      resolve(one);
    },
  });
  if (over) throw new Error('an outcome before the call has returned');
  return { call, outcome, isOver: () => over };
}

function request(payload: string, parts: Partial<InvokeRequest> = {}) {
  const message = {
    functionId: 'f',
    idempotencyKey: '',
    payload: Buffer.from(payload),
    metadata: {},
    ...parts,
  };
  return { message: Buffer.from(InvokeRequest.encode(message).finish()), metadata: {}, timeoutMs: null };
}

async function serve(handle: HttpHandler, functions?: readonly HttpFunction[]): Promise<Served> {
  const process = await startHttpProcess(handle);
  const { endpoint, changes } = open(process.port, functions);
  return {
    process,
    endpoint,
    changes,
    invoke: (payload = '{}', parts) => send((handlers) => endpoint.invoke(request(payload, parts), handlers)),
    startJob: (payload = '{}') => send((handlers) => endpoint.startJob(request(payload), handlers)),
  };
}

/** An outcome in short: `OK answer`, `NOT_FOUND HTTP 404...`, `lost ...`. */
function show(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case 'answered': {
      const { status, body } = outcome.answer;
      const text = body === null ? status.message : InvokeResponse.decode(body).payload.toString();
      return `${statusName(status.code)} ${text}`;
    }
    case 'cancelled':
      return 'cancelled';
    default:
      return `${outcome.kind} ${outcome.message}`;
  }
}

/** Takes connections, and does with them what the test says. */
async function startRaw(onData: (socket: Socket, count: number) => void): Promise<number> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => onData(socket, ++count));
    cleanUp(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('a call', () => {
  it('is one request, and its answer the body, byte for byte', async () => {
    const { process, invoke } = await serve((body, response) => response.end(`<${body}>`));
    expect(show(await invoke('{ "a": 1 }').outcome)).toBe('OK <{ "a": 1 }>');
    const [seen] = process.requests;
    expect([seen?.request.method, seen?.request.url]).toEqual(['POST', '/functions/f']);
    expect(process.requests.length).toBe(1);
  });

  it('can be answered without a body', async () => {
    const { invoke } = await serve((_body, response) => response.writeHead(204).end());
    expect(show(await invoke().outcome)).toBe('OK ');
  });

  it('keeps its connection for the next one, one for each that is under way', async () => {
    const waiting: ServerResponse[] = [];
    const { process, invoke } = await serve((body, response) => {
      if (body === 'wait') waiting.push(response);
      else response.end('quick');
    });
    for (let count = 0; count < 5; count++) await invoke('{}').outcome;
    expect(process.accepted).toBe(1);
    const slow = [invoke('wait'), invoke('wait')];
    await until('both are there', () => waiting.length === 2);
    expect(show(await invoke('{}').outcome)).toBe('OK quick');
    expect(process.accepted).toBe(3);
    for (const response of waiting) response.end('slow');
    for (const one of slow) expect(show(await one.outcome)).toBe('OK slow');
  });

  it('may take longer than a connection may be idle', async () => {
    const { process, invoke } = await serve((_body, response) =>
      setTimeout(() => response.end('late'), 1500),
    );
    expect(show(await invoke().outcome)).toBe('OK late');
    expect(process.requests.length).toBe(1);
    // And an idle one is not kept until the server closes it.
    await until('its connection is closed', () => process.sockets.size === 0);
  });

  it('passes a large payload both ways', async () => {
    const { invoke } = await serve((body, response) => response.end(body));
    const payload = 'x'.repeat(8 * 1024 * 1024);
    expect(show(await invoke(payload).outcome)).toBe(`OK ${payload}`);
  });

  it('is not answered with more than a message can hold', async () => {
    const block = Buffer.alloc(1024 * 1024, 'x');
    const { process, invoke } = await serve((_body, response) => {
      response.on('close', () => response.destroy());
      for (let count = 0; count < 65; count++) response.write(block);
      response.end();
    });
    expect(show(await invoke().outcome)).toBe('RESOURCE_EXHAUSTED the answer is longer than 67108864 bytes');
    await until('the rest is not read', () => process.sockets.size === 0);
  });

  it('gets the status of the answer with its body', async () => {
    const { process, invoke } = await serve((body, response) => {
      response.writeHead(Number(body), { location: '/elsewhere' }).end('{"error":"why"}');
    });
    expect(show(await invoke('404').outcome)).toBe('NOT_FOUND HTTP 404 Not Found: {"error":"why"}');
    expect(show(await invoke('503').outcome)).toBe(
      'UNAVAILABLE HTTP 503 Service Unavailable: {"error":"why"}',
    );
    expect(show(await invoke('302').outcome)).toBe(
      'FAILED_PRECONDITION HTTP 302 Found: redirects are not followed; it points to /elsewhere',
    );
    expect(process.requests.length).toBe(3);
  });

  it('is not sent where its payload does not fit, or the function is not there', async () => {
    const input = { text: '{}', check: () => '/x must be string' };
    const { process, invoke } = await serve(
      (_body, response) => response.end(),
      [httpFunction('f', { input })],
    );
    expect(show(await invoke('{}').outcome)).toBe(
      "INVALID_ARGUMENT the payload does not fit the function's input schema: /x must be string",
    );
    expect(show(await invoke('{}', { functionId: 'g' }).outcome)).toBe(
      'NOT_FOUND the process does not serve "g"',
    );
    expect(process.accepted).toBe(0);
  });

  it('that is cancelled is aborted, and the process sees it', async () => {
    const { process, invoke } = await serve(() => undefined);
    const sent = invoke();
    await until('it is there', () => process.requests.length === 1);
    sent.call.cancel();
    expect(show(await sent.outcome)).toBe('cancelled');
    await until('the process sees it', () => process.sockets.size === 0);
  });
});

describe('a call whose connection fails', () => {
  it('is refused where nobody listens, and the endpoint is not ready until somebody does', async () => {
    const process = await startHttpProcess((_body, response) => response.end('one'));
    const { endpoint, changes } = open(process.port);
    await process.crash();
    const sent = send((handlers) => endpoint.invoke(request('{}'), handlers));
    expect(show(await sent.outcome)).toMatch(/^refused /);
    expect(endpoint.isReady).toBe(false);
    expect(changes()).toBe(1);
    let isTold = false;
    endpoint.whenReady(() => {
      isTold = true;
    });
    await startHttpProcess((_body, response) => response.end('two'), process.port);
    await until('it is ready', () => endpoint.isReady);
    expect([isTold, changes()]).toEqual([true, 2]);
    const again = send((handlers) => endpoint.invoke(request('{}'), handlers));
    expect(show(await again.outcome)).toBe('OK two');
  });

  it('is lost when the process dies over it', async () => {
    const { process, invoke } = await serve(() => undefined);
    const sent = invoke();
    await until('it is there', () => process.requests.length === 1);
    await process.crash();
    expect(show(await sent.outcome)).toMatch(/^lost the connection broke before an answer came/);
  });

  it('is lost when the answer is not complete', async () => {
    const { process, invoke } = await serve((_body, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('part');
    });
    const sent = invoke();
    await until('it is there', () => process.requests.length === 1);
    await process.crash();
    expect(show(await sent.outcome)).toBe('lost the connection broke before the answer was complete');
  });

  it('is lost, not sent again, when a kept connection breaks before an answer', async () => {
    // Whether the server closed before or over the request cannot be seen from here.
    let requests = 0;
    const port = await startRaw((socket, count) => {
      requests = count;
      if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      else socket.end();
    });
    const { endpoint } = open(port);
    const invoke = () => send((handlers) => endpoint.invoke(request('{}'), handlers));
    expect(show(await invoke().outcome)).toBe('OK ok');
    expect(show(await invoke().outcome)).toMatch(/^lost /);
    expect(requests).toBe(2);
    expect(endpoint.isReady).toBe(true);
  });

  it('uses no kept connection that the server has closed meanwhile', async () => {
    const { process, invoke } = await serve((_body, response) => response.end('ok'));
    expect(show(await invoke().outcome)).toBe('OK ok');
    // Ended, not cut: it is closed here when the other side has read the end and ended its own.
    for (const socket of process.sockets) socket.end();
    await until('it is closed', () => process.sockets.size === 0);
    expect(show(await invoke().outcome)).toBe('OK ok');
    expect(process.accepted).toBe(2);
  });

  it('is answered INTERNAL where the process speaks no HTTP', async () => {
    const port = await startRaw((socket) => socket.write('220 hello\r\n'));
    const { endpoint } = open(port);
    const sent = send((handlers) => endpoint.invoke(request('{}'), handlers));
    expect(show(await sent.outcome)).toMatch(/^INTERNAL the process sent what is no HTTP response: /);
  });

  it('is lost or refused, as it may have run or not, when the gateway ends the endpoint', async () => {
    const { process, endpoint, invoke } = await serve(() => undefined);
    const sent = invoke();
    await until('it is there', () => process.requests.length === 1);
    const unsent = invoke();
    endpoint.destroy();
    expect(show(await sent.outcome)).toBe('lost the connection was closed by the gateway');
    expect(show(await unsent.outcome)).toBe('refused the connection was closed by the gateway');
    await until('the process sees it', () => process.sockets.size === 0);
  });
});

describe('the end of an endpoint', () => {
  it('closes idle connections as soon as nobody holds it', async () => {
    const { process, endpoint, invoke } = await serve((_body, response) => response.end('ok'));
    endpoint.retain();
    await invoke().outcome;
    expect(process.sockets.size).toBe(1);
    endpoint.release();
    await until('it is closed', () => process.sockets.size === 0);
    expect(endpoint.isReady).toBe(false);
  });

  it('takes what a process that is gone still sent', async () => {
    let answer = (): void => undefined;
    const { process, endpoint, invoke } = await serve((_body, response) => {
      answer = () => response.end('last words');
    });
    const sent = invoke();
    await until('it is there', () => process.requests.length === 1);
    const finished = endpoint.finish(10_000);
    answer();
    expect(show(await sent.outcome)).toBe('OK last words');
    await finished;
  });

  it('gives up on the rest after a while', async () => {
    const { process, endpoint, invoke } = await serve(() => undefined);
    const sent = invoke();
    await until('it is there', () => process.requests.length === 1);
    await endpoint.finish(20);
    expect(show(await sent.outcome)).toBe('lost the connection was closed by the gateway');
  });
});

interface ReadJob {
  readonly events: readonly string[];
  readonly outcome: Promise<CallOutcome>;
  readonly call: ChildCall;
}

async function read(endpoint: HttpEndpoint, started: Sent): Promise<ReadJob> {
  const outcome = await started.outcome;
  if (outcome.kind !== 'answered' || outcome.answer.body === null) throw new Error(show(outcome));
  const id = readJobId(outcome.answer.body);
  if (!id.ok) throw new Error(id.error);
  const events: string[] = [];
  const message = Buffer.from(JobStreamRequest.encode({ jobId: id.value }).finish());
  const sent = send((handlers) =>
    endpoint.streamJob(
      message,
      {},
      {
        ...handlers,
        onMessage: (bytes) => {
          const { type, progress, message, payload } = JobEvent.decode(bytes);
          events.push(`${type}|${progress}|${message}|${payload}`);
        },
      },
    ),
  );
  return { events, outcome: sent.outcome, call: sent.call };
}

describe('a job', () => {
  it('is started as soon as its request is on its way, and its response is the events', async () => {
    const responses: ServerResponse[] = [];
    const { process, endpoint, startJob } = await serve((_body, response) => responses.push(response));
    const job = await read(endpoint, startJob('{"n":1}'));
    await until('the request is there', () => responses.length === 1);
    expect(process.requests[0]?.body).toBe('{"n":1}');
    expect(process.requests[0]?.request.headers.accept).toMatch(/^text\/event-stream/);
    const [stream] = responses;
    stream?.writeHead(200, { 'content-type': 'text/event-stream' });
    stream?.write('event: progress\ndata: {"progress":50}\n\n');
    await until('it is read', () => job.events.length === 1);
    stream?.end('event: done\ndata: {"payload":{"x":1}}\n\n');
    expect(show(await job.outcome)).toBe('OK ');
    expect(job.events).toEqual(['progress|50||', 'done|0||{"x":1}']);
  });

  it('can answer with lines of JSON, or with nothing but its result', async () => {
    const { endpoint, startJob } = await serve((body, response) => {
      if (body === 'lines') {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        response.end('{"type":"log","message":"a"}\n{"type":"done"}\n');
      } else response.writeHead(200, { 'content-type': 'application/json' }).end('{"all":true}');
    });
    const lines = await read(endpoint, startJob('lines'));
    await lines.outcome;
    expect(lines.events).toEqual(['log|0|a|', 'done|0||']);
    const plain = await read(endpoint, startJob());
    await plain.outcome;
    expect(plain.events).toEqual(['done|0||{"all":true}']);
  });

  it('fails with the status of the answer', async () => {
    const { endpoint, startJob } = await serve((_body, response) => response.writeHead(409).end('busy'));
    const job = await read(endpoint, startJob());
    await job.outcome;
    expect(job.events).toEqual(['error|0|ABORTED: HTTP 409 Conflict: busy|']);
  });

  it('is not started where nobody listens', async () => {
    const { process, startJob } = await serve(() => undefined);
    await process.crash();
    expect(show(await startJob().outcome)).toMatch(/^refused /);
  });

  it('is lost when the process dies, with the events until then', async () => {
    const { process, endpoint, startJob } = await serve((_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: begun\n\n');
    });
    const job = await read(endpoint, startJob());
    await until('it has begun', () => job.events.length === 1);
    await process.crash();
    expect(show(await job.outcome)).toBe('lost the connection broke before the answer was complete');
  });

  it('is lost when a stream without an end of its own ends before the last event', async () => {
    const port = await startRaw((socket) =>
      socket.end('HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: begun\n\n'),
    );
    const { endpoint } = open(port);
    const job = await read(
      endpoint,
      send((handlers) => endpoint.startJob(request('{}'), handlers)),
    );
    expect(show(await job.outcome)).toBe('lost the connection ended before the job said that it had');
    expect(job.events).toEqual(['log|0|begun|']);
  });

  it('is aborted by CancelJob, and its reader learns of it', async () => {
    const { process, endpoint, startJob } = await serve((_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    });
    const started = startJob();
    const job = await read(endpoint, started);
    await until('the request is there', () => process.requests.length === 1);
    const outcome = await started.outcome;
    const message = outcome.kind === 'answered' ? outcome.answer.body : null;
    const cancelled = send((handlers) =>
      endpoint.cancelJob({ message: message ?? Buffer.alloc(0), metadata: {}, timeoutMs: null }, handlers),
    );
    expect((await cancelled.outcome).kind).toBe('answered');
    expect(show(await job.outcome)).toBe('OK ');
    expect(job.events).toEqual(['cancelled|0||']);
    await until('the process sees it', () => process.sockets.size === 0);
  });

  it('is aborted when nobody reads it any more', async () => {
    const { process, endpoint, startJob } = await serve(() => undefined);
    const job = await read(endpoint, startJob());
    await until('the request is there', () => process.requests.length === 1);
    job.call.cancel();
    expect(show(await job.outcome)).toBe('cancelled');
    await until('the process sees it', () => process.sockets.size === 0);
  });

  it('that nobody started is not found', async () => {
    const { endpoint } = await serve(() => undefined);
    const message = Buffer.from(JobStreamRequest.encode({ jobId: 'x' }).finish());
    const sent = send((handlers) => endpoint.streamJob(message, {}, handlers));
    expect(show(await sent.outcome)).toBe('NOT_FOUND there is no such job');
  });

  it('shares no connection with calls', async () => {
    const { process, endpoint, invoke, startJob } = await serve((_body, response) => response.end('{}'));
    await invoke().outcome;
    await (await read(endpoint, startJob())).outcome;
    expect(process.accepted).toBe(2);
  });
});

it('keeps connections of two generations apart', async () => {
  const process = await startHttpProcess((_body, response) => response.end('ok'));
  const [one, two] = [open(process.port), open(process.port)];
  for (const { endpoint } of [one, two]) {
    await send((handlers) => endpoint.invoke(request('{}'), handlers)).outcome;
  }
  expect(process.accepted).toBe(2);
  // The endpoint's own socket is what is closed, not the other's.
  one.endpoint.destroy();
  await until('one is left', () => process.sockets.size === 1);
  await send((handlers) => two.endpoint.invoke(request('{}'), handlers)).outcome;
  expect(process.accepted).toBe(2);
});
