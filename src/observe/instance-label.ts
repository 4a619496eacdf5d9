import type { StampedEvent } from '../core/events.js';

/** How an instance is called in lines for people. `instance`: from 1; null: the service has one. */
export function instanceLabel(service: string, instance: number | null): string {
  return instance === null ? service : `${service}/${instance}`;
}

/** The event as people are told of it: each instance as if it were a service. */
export function labelled(event: StampedEvent): StampedEvent {
  if (!('instance' in event) || event.instance === undefined || event.service === undefined) return event;
  return { ...event, service: instanceLabel(event.service, event.instance) };
}
