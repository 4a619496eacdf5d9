import type { Profile, ServiceConfig, SessionConfig } from '../config/types.js';
import type { UserError } from '../core/user-error.js';
import { instanceLabel } from '../observe/instance-label.js';
import { debuggerPorts } from '../process/debugger-ports.js';

/** How many processes of a service there are at once: while somebody works on it, one. */
export function instancesOf(
  { instances }: Pick<ServiceConfig, 'instances'>,
  profile: Profile | undefined,
): number {
  return profile === 'run' ? instances : 1;
}

/** What its lines are marked with where there are several. */
export function instanceLabels(
  services: readonly Pick<ServiceConfig, 'name' | 'instances'>[],
  profile: Profile | undefined,
): readonly string[] {
  return services.flatMap((service) => {
    const count = instancesOf(service, profile);
    return Array.from({ length: count }, (_, index) =>
      instanceLabel(service.name, count === 1 ? null : index + 1),
    );
  });
}

/** Whether the processes of each service can be there side by side; null: they can. */
export function checkInstances({ services, file }: SessionConfig, profile: Profile): UserError | null {
  for (const service of services) {
    const count = instancesOf(service, profile);
    const obstacle = count === 1 ? null : findObstacle(service);
    if (obstacle === null) continue;
    const where = file === null ? '' : ` (${file})`;
    return {
      exitCode: 2,
      message: `${service.name} cannot have ${count} instances: ${obstacle.why}${where}`,
      wayOut: obstacle.wayOut,
    };
  }
  return null;
}

function findObstacle({ stdin, command }: ServiceConfig): { why: string; wayOut: string } | null {
  if (stdin) {
    return {
      why: '"stdin" is true, and only one process can have the terminal',
      wayOut: 'Set "stdin" to false, or "instances" to 1.',
    };
  }
  const words = command.shell ? command.argv.flatMap((text) => text.split(/\s+/)) : command.argv;
  const port = [...debuggerPorts(words)].find((one) => one !== 0);
  if (port === undefined) return null;
  return {
    why: `its command fixes the debugger's port (${port}), which only one process can have`,
    wayOut: `Leave the debugger out of the command (${command.display}), or set "instances" to 1.`,
  };
}
