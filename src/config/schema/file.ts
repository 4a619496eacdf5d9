import * as z from 'zod';
import { DEFAULTS } from '../defaults.js';
import { listener } from './listener.js';
import { serviceSchema, serviceShape, withCommand } from './service.js';
import { tls } from './tls.js';
import { upstream } from './upstream.js';
import { listenAddress, setting } from './values.js';

function gateway() {
  return z.strictObject({
    listen: setting(
      listenAddress().nullable(),
      DEFAULTS.gateway.listen,
      'Where services and callers reach the gateway. null: 127.0.0.1:19090, or the next free port. An address that is written here has to be free.',
    ),
    advertise: setting(
      listenAddress().nullable(),
      DEFAULTS.gateway.advertise,
      "Address at which an upstream dials the gateway, where that is not the one it listens on; port 0 stands for the gateway's own.",
    ),
    tls: setting(
      tls(),
      DEFAULTS.gateway.tls,
      'The shared port serves TLS with cert and key; with ca, callers need a certificate of one of these. null: plain text.',
    ),
    childTls: setting(
      tls(),
      DEFAULTS.gateway.childTls,
      'The services serve TLS: ca, cert and key toward them. What they register at serves TLS as well then, with the keys of `tls`. null: plain text.',
    ),
  });
}

/** A whole configuration file: the keys of its one service, or of what all services share, and those of the session. */
export const fileSchema = z
  .strictObject({
    $schema: z.string().exactOptional().meta({ description: 'The JSON Schema of this file, for editors.' }),
    ...serviceShape,
    gateway: setting(gateway(), DEFAULTS.gateway, 'The local agent that services register with.'),
    upstream: setting(
      upstream(),
      DEFAULTS.upstream,
      'The agent, server or edge that the services are offered to. null or "none": the gateway is the agent.',
    ),
    control: setting(listener('control'), DEFAULTS.control, 'The control API.'),
    dashboard: setting(listener('dashboard'), DEFAULTS.dashboard, 'The dashboard.'),
    services: setting(
      z.record(
        z.string().regex(/^[A-Za-z0-9][\w.-]*$/, 'it must be a name of letters, digits, ".", "_" and "-"'),
        serviceSchema,
        { error: 'it must be an object with a service under each name' },
      ),
      DEFAULTS.services,
      'Services by name. Keys of an entry win over the same keys at the top level.',
    ),
  })
  .transform(withCommand);

/** A validated file: durations in ms, sizes in bytes, commands split; only what the file says. */
export type FileConfig = z.output<typeof fileSchema>;

/** The keys of one service that the file says. */
export type ServiceKeys = z.output<typeof serviceSchema>;
