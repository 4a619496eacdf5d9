import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { invokeCommand } from '../../../src/cli/invoke.js';
import type { InvokeArguments } from '../../../src/cli/invoke-arguments.js';
import { writeSession } from '../../../src/control/session-file.js';
import { createService, FunctionError, type Service } from '../../../src/sdk/index.js';
import { FakeAgent } from '../sdk/fake-agent.js';
import { until } from '../sdk/until.js';
import { serveRaw } from './raw-agent.js';

const NO_FLAGS: InvokeArguments = {
  functionId: 'player.ban',
  payload: undefined,
  job: false,
  timeout: undefined,
  metadata: [],
  idempotencyKey: undefined,
  agent: undefined,
  json: false,
};
