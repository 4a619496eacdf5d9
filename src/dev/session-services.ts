import type { ConfigFlags } from '../config/flags.js';
import { resolveConfig } from '../config/resolve.js';
import type { Profile, ServiceConfig, SessionConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { CroupierEvent } from '../core/events.js';
import type { Gateway } from '../gateway/types.js';
import { instanceLabel } from '../observe/instance-label.js';
import type { Reporter } from '../observe/types.js';
import type { Guardian } from '../process/guardian.js';
import { CRASH_LIMIT } from '../supervisor/backoff.js';
import type { HttpInputSchemas } from './http-input-schemas.js';
import { instancesOf } from './instances-config.js';
import { LiveConfig } from './live-config.js';
import type { PublishOutput } from './output-events.js';
import type { OutputQueue } from './output-queue.js';
import { ServiceGroup } from './service-group.js';
import { ServiceSession } from './service-session.js';
import type { SessionRecord } from './session-record.js';
import type { SessionUpstream } from './session-upstream.js';
import type { StablePorts } from './stable-ports.js';

export interface SessionServicesOptions {
  /** What the session is started with. */
  readonly config: SessionConfig;
  /** What it was read with. */
  readonly options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly flags: ConfigFlags;
    readonly watch: boolean;
    readonly profile?: Profile;
  };
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly guardian: Guardian;
  readonly sessionMarker: string;
  readonly stablePorts: StablePorts;
  readonly schemas: HttpInputSchemas;
  readonly reporter: Reporter;
  readonly record: SessionRecord;
  /** Processes may colour their output. */
  readonly color: boolean;
  /** Takes each line of output; null: nobody wants lines. */
  readonly publishOutput: PublishOutput | null;
  /** Where output waits until somebody wants its lines; null: they are told at once. */
  readonly outputQueue: OutputQueue | null;
  /** Who reads the terminal was decided when the session began. */
  readonly stdinIsFixed: boolean;
  /** null: there is none. */
  upstream(): SessionUpstream | null;
  publish(event: CroupierEvent): void;
}

/** Joins the services of a session, none of which is open yet, with the configuration that changes them while they run. */
export function openSessionServices(options: SessionServicesOptions): {
  readonly services: ServiceGroup;
  readonly live: LiveConfig;
} {
  const { gateway, stablePorts, reporter, record, upstream, publish } = options;
  const services = new ServiceGroup({
    gateway,
    publish,
    open: (service) => openService(service),
    onLeaving: (name) => upstream()?.leave(name),
    forget: async (name) => {
      gateway.closeService(name);
      await stablePorts.remove(name);
    },
    onServices: (names) => {
      record.setServices(names);
      reporter.setServices(services.labels);
    },
  });
  const live = openLiveConfig(options, services);
  const openService = async (service: ServiceConfig): Promise<ServiceSession | null> => {
    const { name } = service;
    const opened = await stablePorts.add(service);
    if (!opened.ok) {
      const { message, wayOut } = opened.error;
      publish({ type: 'session.notice', service: name, level: 'error', message: `${message}\n${wayOut}` });
      return null;
    }
    return new ServiceSession({
      ...options,
      service,
      upstream: upstream(),
      stablePorts: stablePorts.of(name),
      env: options.options.env,
      watch: options.options.watch,
      instances: instancesOf(service, options.options.profile),
      crashLimit: options.options.profile === 'run' ? CRASH_LIMIT : null,
      settingsFiles: () => live.settingsFiles,
      onOutput: (instance, stream, chunk) => reporter.output(instanceLabel(name, instance), stream, chunk),
      onGroupsChanged: () => record.setGroups(services.processGroups),
    });
  };
  return { services, live };
}

function openLiveConfig(options: SessionServicesOptions, services: ServiceGroup): LiveConfig {
  const { config, schemas, clock, stdinIsFixed, publish } = options;
  const { cwd, env, flags, watch, profile = 'dev' } = options.options;
  return new LiveConfig({
    config,
    clock,
    watch,
    stdinIsFixed,
    target: services,
    resolve: async () => {
      const resolved = await resolveConfig({ cwd, env, flags, file: config.file, profile });
      if (!resolved.ok) return resolved;
      const usable = await schemas.check(resolved.value.services.flatMap((service) => service.functions));
      return usable.ok ? resolved : usable;
    },
    publish,
  });
}
