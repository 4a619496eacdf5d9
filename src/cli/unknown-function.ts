import { nearestName } from '../gateway/nearest.js';
import type { AgentClient } from '../protocol/client.js';

const LIST_TIMEOUT_MS = 2_000;
const SHOWN = 10;

/**
 * What the agent serves instead, where it does not list the function; null where it does, or does not tell: then the
 * trouble is another one.
 */
export async function suggestFunctions(client: AgentClient, functionId: string): Promise<string | null> {
  const list = await client.listLocal({ timeoutMs: LIST_TIMEOUT_MS });
  if (!list.ok) return null;
  const ids = list.value.functions.map((one) => one.id).sort();
  if (ids.includes(functionId)) return null;
  if (ids.length === 0) return 'No function is registered. Is the game server running?';
  const nearest = nearestName(functionId, ids);
  const ordered = nearest === null ? ids : [nearest, ...ids.filter((id) => id !== nearest)];
  const more = ids.length > SHOWN ? `, and ${ids.length - SHOWN} more` : '';
  return `Registered, the most similar first: ${ordered.slice(0, SHOWN).join(', ')}${more}`;
}
