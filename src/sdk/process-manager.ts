type Environment = Readonly<Record<string, string | undefined>>;

/** The parts of `process` by which PM2 talks with an app. */
export interface ManagedProcess {
  readonly env: Environment;
  send?: ((message: string) => unknown) | undefined;
}

/** PM2 sets it for every app that it runs. */
function isUnderPm2(environment: Environment): boolean {
  return environment.pm_id !== undefined;
}

/**
 * What tells the instances of one app apart: `-0`, `-1` and so on where PM2 runs several, the same after a reload or a crash, so that
 * the agent replaces an instance by its successor. Empty for a single one.
 */
export function instanceSuffix(environment: Environment): string {
  if (!isUnderPm2(environment)) return '';
  const instance = environment[environment.instance_var || 'NODE_APP_INSTANCE'];
  if (instance === undefined || instance === '') return '';
  // `pm2 scale` starts further instances with the number that was configured.
  const isSingle = environment.instances === '1' && instance === '0';
  return isSingle ? '' : `-${instance}`;
}

/** Tells PM2 (`wait_ready`) that the app takes calls, so that it ends the instance before. */
export function announceReady(managed: ManagedProcess): void {
  if (isUnderPm2(managed.env)) managed.send?.('ready');
}

/** Whether PM2 may ask the app to end by a message (`shutdown_with_message`). */
export function hearsMessages(managed: ManagedProcess): boolean {
  return isUnderPm2(managed.env) && managed.send !== undefined;
}

/** What PM2 sends for that. */
export const SHUTDOWN_MESSAGE = 'shutdown';
