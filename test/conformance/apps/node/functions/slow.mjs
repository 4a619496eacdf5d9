import { setTimeout as wait } from 'node:timers/promises';
import { defineFunction } from 'croupier-cli/sdk';

const VERSION = '1.0.0';

export default defineFunction({ id: 'slow', version: VERSION }, async ({ ms }, { signal }) => {
  await wait(ms, undefined, { signal });
  return { version: VERSION };
});
