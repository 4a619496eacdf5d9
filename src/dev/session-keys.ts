import type { Gateway } from '../gateway/types.js';
import { type Keyboard, type KeyCommand, openKeyboard } from '../observe/keys.js';
import type { Reporter, StandardStreams } from '../observe/types.js';
import { invokeFunction } from './invoke-function.js';
import type { LiveConfig } from './live-config.js';
import type { ServiceGroup } from './service-group.js';

export interface SessionKeysOptions {
  readonly io: StandardStreams;
  /** False: nobody presses keys, or they are for a service. */
  readonly isRead: boolean;
  readonly reporter: Reporter;
  readonly gateway: Gateway;
  readonly services: ServiceGroup;
  readonly live: LiveConfig;
  onQuit(): void;
  onInterrupt(): void;
}

/** Reads the keys of a session and does what they ask for; null: they are not read. */
export function openSessionKeys(options: SessionKeysOptions): Keyboard | null {
  if (!options.isRead) return null;
  const { io, reporter, gateway } = options;
  return openKeyboard({
    stdin: io.stdin,
    stderr: io.stderr,
    reporter,
    handlers: {
      onCommand: (command) => obey(command, options),
      functions: () => gateway.functions().map((one) => one.id),
      invoke: (functionId, payload) => invokeFunction(gateway.calls, functionId, payload),
    },
  });
}

function obey(command: KeyCommand, options: SessionKeysOptions): void {
  const { reporter, services, live, onQuit, onInterrupt } = options;
  switch (command) {
    case 'reload':
      void live.refresh().then(() => services.reload());
      break;
    case 'pause':
      services.togglePause();
      services.isPaused ? live.pause() : live.resume();
      reporter.gauges(services.gauges);
      break;
    case 'quit':
      onQuit();
      break;
    case 'interrupt':
      onInterrupt();
      break;
  }
}
