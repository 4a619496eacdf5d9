import type { StampedEvent } from '../core/events.js';
import type { UserError } from '../core/user-error.js';

type Failed = Extract<StampedEvent, { type: 'generation.failed' | 'build.failed' }>;

/**
 * Decides when a session that nobody watches over has failed: whoever started it (systemd, Kubernetes) shall know, and decide what is next.
 * That is when the first build or the first start of a process fails, and when nothing will be tried by itself any more.
 */
export class GiveUp {
  /** Instances that have had the calls. */
  readonly #wereActive = new Set<string>();

  /** null: the session goes on. */
  look(event: StampedEvent): UserError | null {
    switch (event.type) {
      case 'generation.active':
        this.#wereActive.add(keyOf(event));
        return null;
      case 'build.failed':
        return event.serving === null && !this.#wasActive(event)
          ? failed(event, 'Correct the build, and start it again.')
          : null;
      case 'generation.failed':
        return this.#lookAtProcess(event);
      default:
        return null;
    }
  }

  #lookAtProcess(event: Extract<Failed, { type: 'generation.failed' }>): UserError | null {
    if (event.serving !== null) return null;
    const { reason } = event;
    const isFirst = !this.#wasActive(event);
    if (reason === 'address-in-use' && isFirst && event.instance !== undefined) {
      return failed(event, 'Each instance needs a port of its own: have it listen on PORT, or on port 0.');
    }
    if (event.retryMs !== null) return null;
    switch (reason) {
      case 'not-ready':
        // One that served before may still get ready, and the others go on.
        return isFirst
          ? failed(
              event,
              'Give it more time with "ready": { "timeout": "2m" }, or correct what it waits for.',
            )
          : null;
      case 'spawn-failed':
        return { ...failed(event, 'Install it, or change "command".'), exitCode: 3 };
      default:
        return failed(event, 'It was started again as often as is allowed. Its last output is above.');
    }
  }

  #wasActive(event: Failed): boolean {
    return this.#wereActive.has(keyOf(event));
  }
}

function keyOf({ service, instance }: { readonly service: string; readonly instance?: number }): string {
  return `${service} ${instance ?? 1}`;
}

function failed(event: Failed, wayOut: string): UserError {
  const which = event.instance === undefined ? event.service : `${event.service}, instance ${event.instance}`;
  return { exitCode: 1, message: `${which}: ${event.message}`, wayOut };
}
