import type { EventEmitter } from 'node:events';
import type { ReportBug } from './handler-failure.js';
import type { ServiceEvents } from './service-events.js';

/** Tells of what handlers threw, as an event of the service; where nobody listens, as a warning of the process. */
export function tellBugs(events: EventEmitter<ServiceEvents>): ReportBug {
  return (functionId, callId, error) => {
    if (events.emit('handlerFailed', { functionId, callId, error })) return;
    // The caller was not told: in a log it must be.
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`function ${functionId} failed in call ${callId}`, { type: 'HandlerFailed', detail });
  };
}
