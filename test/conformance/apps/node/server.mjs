// The Node SDK under the conformance suite: what each SDK has to show, in the same functions.
import { createService, FunctionError } from 'croupier-cli/sdk';

const EVENTS = [
  'connected',
  'registered',
  'disconnected',
  'reconnected',
  'functionReloaded',
  'functionsReloaded',
  'reloadFailed',
  'configReloaded',
  'rolledBack',
  'restartNeeded',
  'shuttingDown',
  'closed',
  'error',
];

const service = createService({
  serviceId: 'conformance',
  functions: 'functions',
  ...numberFrom('CONFORMANCE_RECONNECT_MS', 'reconnectDelay'),
  ...numberFrom('CONFORMANCE_MAX_RETRIES', 'maxRetryAttempts'),
});

const events = [];
for (const name of EVENTS) service.on(name, () => events.push(name));
service.on('handlerFailed', () => {});

service.registerFunction({ id: 'fail' }, ({ status, message, bug }) => {
  throw bug ? new Error(message) : new FunctionError(status, message);
});
service.registerFunction({ id: 'deadline' }, (_payload, context) => ({ remainingMs: context.remaining() }));
service.registerFunction({ id: 'admin' }, (command) => {
  switch (command.do) {
    case 'status':
      return service.getReloadStatus();
    case 'rollback':
      return service.rollback(command.id);
    case 'reloadConfig':
      return reloadConfig(command.change);
    case 'reconnect':
      // Not awaited: the answer goes to a caller that the agent may have behind it.
      void service.reconnect();
      return {};
    case 'inFlight':
      return service.inFlight;
    case 'events':
      return events;
    case 'memory':
      return process.memoryUsage.rss();
    case 'batch':
      return { ok: reloadPair(command.broken) };
    default:
      throw new FunctionError('INVALID_ARGUMENT', `unknown command ${command.do}`);
  }
});

await service.connect();

function reloadConfig(change) {
  try {
    service.reloadConfig(change);
    return {};
  } catch (error) {
    throw new FunctionError('INVALID_ARGUMENT', error.message);
  }
}

function reloadPair(broken) {
  const handler = () => ({ greeting: 'batch', version: 'batch' });
  const descriptor = (id, version = 'batch') => ({ id, version });
  try {
    service.reloadFunctions([
      { id: 'pair.a', descriptor: descriptor('pair.a'), handler },
      { id: 'pair.b', descriptor: descriptor('pair.b', broken ? '' : 'batch'), handler },
    ]);
    return true;
  } catch {
    return false;
  }
}

/** The option, where the variable is set. */
function numberFrom(variable, option) {
  const text = process.env[variable];
  return text ? { [option]: Number(text) } : {};
}
