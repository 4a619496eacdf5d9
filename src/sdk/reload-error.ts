import type { FailedReload } from './hot-reload.js';

/** Functions were not reloaded; what served before serves on. */
export class ReloadError extends Error {
  override readonly name = 'ReloadError';
  readonly failed: readonly FailedReload[];

  constructor(failed: readonly FailedReload[]) {
    super(failed.map((one) => one.error).join('\n'));
    this.failed = failed;
  }
}
