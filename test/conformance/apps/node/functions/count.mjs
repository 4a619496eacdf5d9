import { setTimeout as wait } from 'node:timers/promises';
import { defineJob } from 'croupier-cli/sdk';

const VERSION = '1.0.0';

export default defineJob({ id: 'count', version: VERSION }, async ({ steps, ms }, job) => {
  for (let step = 1; step <= steps; step++) {
    await wait(ms, undefined, { signal: job.signal });
    job.progress((step / steps) * 100, `step ${step}`);
  }
  return { steps, version: VERSION };
});
