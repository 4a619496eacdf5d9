import { defineFunction } from 'croupier-cli/sdk';

const VERSION = '1.0.0';

export default defineFunction(
  {
    id: 'echo',
    version: VERSION,
    summary: 'Answers what it was called with',
    inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
    outputSchema: {
      type: 'object',
      properties: { text: { type: 'string' }, version: { type: 'string' } },
    },
  },
  ({ text }, context) => ({
    text,
    version: VERSION,
    metadata: context.metadata,
    idempotencyKey: context.idempotencyKey,
  }),
);
