import { afterAll, beforeAll, describe } from 'vitest';
import type { Language } from './language.js';
import { describeBrokenModules } from './suite/broken-module.js';
import { describeCalls } from './suite/calls.js';
import { describeConnection } from './suite/connection.js';
import { describeJobs } from './suite/jobs.js';
import { describeRegistration } from './suite/registration.js';
import { describeReload } from './suite/reload.js';
import { describeReloadUnderLoad } from './suite/reload-under-load.js';
import { describeRollback } from './suite/rollback.js';
import { describeShutdown } from './suite/shutdown.js';
import { describeStatus } from './suite/status.js';
import { TestBed } from './test-bed.js';

/** To fetch and build what an app needs, in ms. */
const PREPARED_WITHIN_MS = 10 * 60_000;

/** What every SDK has to do, seen from outside. A language that is missing is skipped with a line. */
export function describeConformance(language: Language): void {
  const missing = language.findMissing();
  if (missing !== null)
    process.stdout.write(`conformance of ${language.name}: skipped, ${missing} is not there\n`);
  describe.skipIf(missing !== null)(`the SDK for ${language.name}`, () => {
    const bed = new TestBed(language);
    beforeAll(() => bed.prepare(), PREPARED_WITHIN_MS);
    afterAll(() => bed.close());

    describeRegistration(bed);
    describeCalls(bed);
    describeJobs(bed);
    describeStatus(bed);
    describeReload(bed);
    describeBrokenModules(bed);
    describeRollback(bed);
    describeReloadUnderLoad(bed);
    describeConnection(bed);
    describeShutdown(bed);
  });
}
