import * as z from 'zod';
import { DEFAULTS } from '../defaults.js';
import { listenAddress, setting } from './values.js';

/** `control` and `dashboard`. */
export function listener(key: 'control' | 'dashboard') {
  return z.strictObject({
    listen: setting(listenAddress(), DEFAULTS[key].listen, 'Where it listens.'),
  });
}
