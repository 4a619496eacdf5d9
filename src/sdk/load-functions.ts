import { ok, type Result } from '../core/result.js';
import type { HotReload } from './hot-reload.js';
import type { ServiceSettings } from './options.js';

/** Loads the modules of the folder of functions, where the service has one. The error says what is wrong with it. */
export async function loadFunctions(
  hotReload: HotReload,
  settings: ServiceSettings,
): Promise<Result<null, string>> {
  const { root, functions, context, hotReload: reloads } = settings;
  if (functions === null) return ok(null);
  // A service without function modules loads nothing of what they take.
  const { FunctionModules } = await import('./function-modules.js');
  const refusal = reloads ? null : 'function modules are not loaded again here (NODE_ENV, option hotReload)';
  return hotReload.loadModules(new FunctionModules(root, functions, context, reloads), refusal);
}
