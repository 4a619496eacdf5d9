import { DescribeResponse } from '../protocol/gen/croupier/dev/v1/session.js';
import { acceptJson } from '../protocol/json-codec-method.js';
import { DESCRIBE_RESPONSE, EMPTY } from '../protocol/json-codec-shapes.js';
import type { RawMethod } from '../protocol/raw-server.js';
import { okAnswer } from './gateway-answer.js';

/** Tells other sessions that this gateway is one of theirs, and no agent of the field. */
export function describeMethod(describe: () => DescribeResponse): RawMethod {
  return acceptJson(
    {
      kind: 'unary',
      path: '/croupier.dev.v1.SessionService/Describe',
      handle: (call) => call.answer(okAnswer(DescribeResponse.encode(describe()).finish())),
    },
    { request: EMPTY, response: DESCRIBE_RESPONSE },
  );
}
