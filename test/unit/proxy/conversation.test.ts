import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../src/proxy/conversation.js';

/** Reads all of a text as the client's; false if the reader stopped before the end of it, at the end of each request. */
function request(conversation: Conversation, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  let position = 0;
  while (position < bytes.length) position = conversation.readRequest(bytes, position);
}

function response(conversation: Conversation, text: string): void {
  conversation.readResponses(Buffer.from(text, 'latin1'));
}

function state(conversation: Conversation): string {
  if (conversation.isOpaque) return 'opaque';
  return conversation.isIdle ? 'idle' : 'busy';
}

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('a conversation', () => {
  it.each([
    ['a request and its response', [GET, OK], 'idle'],
    ['a request without an answer', [GET], 'busy'],
    ['a request whose body is not complete', [POST.slice(0, -1), OK], 'busy'],
    ['an answer that comes before the end of the request', [POST.slice(0, -1), OK, '>o'], 'idle'],
    ['an answer that is not complete', [GET, OK.slice(0, -1)], 'busy'],
    ['an answer whose head is not complete', [GET, 'HTTP/1.1 200 OK\r\ncontent-le'], 'busy'],
    ['a begun next request', [GET, OK, '>G'], 'busy'],
    ['two requests at once with one answer', [GET + GET, OK], 'busy'],
    ['two requests at once with two answers', [GET + POST, OK + OK], 'idle'],
    ['an empty line between two requests', [`${GET}\r\n`, OK], 'idle'],
    [
      'a chunked answer',
      [GET, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
      'idle',
    ],
    [
      'a chunked answer without its last line',
      [GET, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n'],
      'busy',
    ],
    [
      'chunks with extensions and trailers',
      [
        GET,
        'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA;x=1\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n',
      ],
      'idle',
    ],
    [
      'a chunked request',
      ['POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n', OK],
      'idle',
    ],
    [
      'an answer to HEAD with a length',
      ['HEAD / HTTP/1.1\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n'],
      'idle',
    ],
    ['204', [GET, 'HTTP/1.1 204 No Content\r\n\r\n'], 'idle'],
    ['304 with a length', [GET, 'HTTP/1.1 304 Not Modified\r\ncontent-length: 900\r\n\r\n'], 'idle'],
    ['100 before the answer', [POST, `HTTP/1.1 100 Continue\r\n\r\n${OK}`], 'idle'],
    ['100 alone', [POST, 'HTTP/1.1 100 Continue\r\n\r\n'], 'busy'],
    ['103 and the answer in two pieces', [GET, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', OK], 'idle'],
    ['an answer that ends with the connection', [GET, 'HTTP/1.1 200 OK\r\n\r\nhello'], 'busy'],
    ['a status line without a reason', [GET, 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n'], 'idle'],
    ['an upgrade', [GET, 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'], 'opaque'],
    ['a refused upgrade', [GET, OK], 'idle'],
    ['CONNECT', ['CONNECT a:1 HTTP/1.1\r\n\r\n'], 'opaque'],
    ['HTTP/2', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], 'opaque'],
    ['TLS', ['\x16\x03\x01\x02\x00\x01'], 'opaque'],
    ['a line protocol', ['hello\r\n'], 'opaque'],
    ['a server that greets', ['<220 ready\r\n'], 'opaque'],
    ['an answer to nothing', [GET, OK + OK], 'opaque'],
    ['two lengths', ['POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n'], 'opaque'],
    [
      'a length and chunks',
      ['POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'],
      'opaque',
    ],
    ['a length that is none', ['POST / HTTP/1.1\r\ncontent-length: +5\r\n\r\n'], 'opaque'],
    ['another coding', [GET, 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'], 'opaque'],
    ['a folded header', ['GET / HTTP/1.1\r\nx: 1\r\n 2\r\n\r\n'], 'opaque'],
    ['a line feed alone in the head', ['GET / HTTP/1.1\r\nx: 1\ncontent-length: 4\r\n\r\n'], 'opaque'],
    [
      'a chunk size that is none',
      [GET, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
      'opaque',
    ],
    [
      'a chunk longer than its size',
      [GET, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'],
      'opaque',
    ],
    ['a head without end', [`GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}`], 'opaque'],
  ] as const)('with %s', (_, texts, expected) => {
    // As it came, and byte by byte: where pieces begin must not matter.
    for (const cut of [false, true]) {
      const conversation = new Conversation();
      for (const [index, text] of texts.entries()) {
        const isClient = text.startsWith('>') || (!text.startsWith('<') && index === 0);
        const plain = text.replace(/^[<>]/, '');
        const pieces = cut && plain.length < 1000 ? plain : [plain];
        for (const piece of pieces) (isClient ? request : response)(conversation, piece);
      }
      expect([cut, state(conversation)]).toEqual([cut, expected]);
    }
  });

  it('stops at the end of each request, so that the next can go elsewhere', () => {
    const conversation = new Conversation();
    const bytes = Buffer.from(POST + GET);
    const end = conversation.readRequest(bytes, 0);
    expect(end).toBe(POST.length);
    expect(conversation.isBetweenRequests).toBe(true);
    expect(conversation.isIdle).toBe(false);
  });

  it('gives up on a client that sends far ahead of the answers', () => {
    const conversation = new Conversation();
    request(conversation, GET.repeat(101));
    expect(state(conversation)).toBe('opaque');
  });
});
