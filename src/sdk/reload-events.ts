import type { EventEmitter } from 'node:events';
import type { HotReloadListener } from './hot-reload.js';
import type { ServiceEvents } from './service-events.js';

/** Tells what HotReload does as events of the service. `registerAgain`: the agent has to know of it. */
export function tellReloads(
  events: EventEmitter<ServiceEvents>,
  registerAgain: () => void,
): HotReloadListener {
  return {
    onReloaded(reloaded, again) {
      if (again) registerAgain();
      for (const change of reloaded) events.emit('functionReloaded', change);
      events.emit('functionsReloaded', { reloaded, failed: [] });
    },
    onFailed(failed) {
      for (const one of failed) events.emit('reloadFailed', { ...one, rolledBack: true });
      events.emit('functionsReloaded', { reloaded: [], failed });
    },
    onRolledBack(change, again) {
      if (again) registerAgain();
      events.emit('rolledBack', change);
    },
    onRestartNeeded(reason) {
      events.emit('restartNeeded', { reason });
    },
  };
}
