import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { FunctionError } from '../function-error.js';
import { serveFunctions } from '../serve-functions.js';

/** @type {import('../serve-functions.js').GameFunction} */
const echo = {
  id: 'echo',
  version: '1.0.0',
  summary: 'Answer what was sent',
  tags: [],
  risk: 'low',
  run: (payload, { progress, log }) => {
    if (payload === 'refuse') throw new FunctionError(412, 'not now');
    progress(50, 'half');
    log('nearly');
    if (payload === 'break off') throw new FunctionError(404, 'gone');
    return { payload };
  },
};

const server = createServer();
let url = '';

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address?.port}`;
});

after(() => server.close());

/** @param {readonly import('../serve-functions.js').GameFunction[]} functions */
function serve(functions) {
  server.removeAllListeners('request');
  server.on('request', serveFunctions(functions));
}

/**
 * @param {string} path
 * @param {string} body
 * @param {RequestInit} more
 */
function post(path, body, more = {}) {
  return fetch(`${url}${path}`, { method: 'POST', body, ...more });
}

test('the manifest tells about each function', async () => {
  serve([echo]);
  const response = await fetch(`${url}/croupier/manifest.json`);
  const { run, ...told } = echo;
  assert.deepEqual(await response.json(), { functions: [{ ...told, http: 'POST /functions/echo' }] });
});

test('a call is answered as JSON', async () => {
  serve([echo]);
  const response = await post('/functions/echo', '{"a": 1}');
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.deepEqual(await response.json(), { payload: { a: 1 } });
});

for (const [what, path, body, status, error] of /** @type {const} */ ([
  ['an unknown function', '/functions/other', '{}', 404, 'there is nothing at /functions/other'],
  ['a body that is no JSON', '/functions/echo', '{', 400, 'the body is not JSON'],
  [
    'a body that is too long',
    '/functions/echo',
    ' '.repeat(2 ** 20 + 1),
    413,
    'the body has more than 1048576 bytes',
  ],
  ['what the function refuses', '/functions/echo', '"refuse"', 412, 'not now'],
])) {
  test(`${what} is answered ${status}`, async () => {
    serve([echo]);
    const response = await post(path, body);
    assert.equal(response.status, status);
    assert.deepEqual(await response.json(), { error });
  });
}

for (const [payload, last] of /** @type {const} */ ([
  ['hello', { type: 'done', progress: 100, payload: { payload: 'hello' } }],
  ['break off', { type: 'error', message: 'gone' }],
])) {
  test(`a job's events come line by line, the last one is ${last.type}`, async () => {
    serve([echo]);
    const headers = { accept: 'text/event-stream, application/x-ndjson, application/json' };
    const response = await post('/functions/echo', JSON.stringify(payload), { headers });
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    const lines = (await response.text()).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [{ type: 'progress', progress: 50, message: 'half' }, { type: 'log', message: 'nearly' }, last],
    );
  });
}

test('a function learns that its caller went away', async () => {
  const caller = new AbortController();
  const left = new Promise((resolve) => {
    const run = (/** @type {unknown} */ _payload, /** @type {{ signal: AbortSignal }} */ { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', resolve);
        caller.abort();
      });
    serve([{ ...echo, run }]);
  });
  await assert.rejects(post('/functions/echo', '{}', { signal: caller.signal }), { name: 'AbortError' });
  await left;
});
