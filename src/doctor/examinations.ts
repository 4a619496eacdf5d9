import { certificates } from './certificates.js';
import { command } from './command.js';
import { configuration } from './configuration.js';
import { fileSystem } from './file-system.js';
import { node } from './node.js';
import { openFiles } from './open-files.js';
import { ports } from './ports.js';
import { sdk } from './sdk.js';
import { session } from './session.js';
import { terminal } from './terminal.js';
import { tools } from './tools.js';
import type { Examination } from './types.js';
import { upstream } from './upstream.js';
import { watching } from './watching.js';

/** In the order in which they are told. */
export const EXAMINATIONS: readonly Examination[] = [
  node,
  configuration,
  command,
  tools,
  sdk,
  watching,
  fileSystem,
  openFiles,
  ports,
  session,
  upstream,
  certificates,
  terminal,
];
