import { isDeepStrictEqual } from 'node:util';
import { connectAgent } from '../../src/protocol/client.js';

const TIMEOUT_MS = 60_000;

/** Calls the functions that every template has; answers what is wrong, a sentence each. */
export async function checkFunctions(gateway: string): Promise<readonly string[]> {
  const client = connectAgent(gateway);
  const request = (functionId: string, payload: object) => ({
    functionId,
    idempotencyKey: '',
    payload: Buffer.from(JSON.stringify(payload)),
    metadata: {},
  });
  const call = async (functionId: string, payload: object): Promise<unknown> => {
    const result = await client.invoke(request(functionId, payload), { timeoutMs: TIMEOUT_MS });
    return result.ok ? JSON.parse(Buffer.from(result.value.payload).toString()) : result.error.codeName;
  };
  const problems: string[] = [];
  const expectThat = (what: string, got: unknown, wanted: unknown): void => {
    if (!isDeepStrictEqual(got, wanted)) {
      problems.push(`${what}: got ${JSON.stringify(got)}, and not ${JSON.stringify(wanted)}`);
    }
  };
  try {
    const ban = { result: 'success', playerId: '1', until: null };
    expectThat('player.ban', await call('player.ban', { playerId: '1' }), ban);
    expectThat('player.ban of nobody', await call('player.ban', { playerId: '99' }), 'NOT_FOUND');
    expectThat('player.ban of nothing', await call('player.ban', {}), 'INVALID_ARGUMENT');
    const job = await client.startJob(request('season.recalculate', {}), { timeoutMs: TIMEOUT_MS });
    if (!job.ok) return [...problems, `season.recalculate did not start: ${job.error.message}`];
    const types: string[] = [];
    let result: unknown = null;
    for await (const item of client.streamJob(job.value.jobId, { timeoutMs: TIMEOUT_MS })) {
      types.push(item.ok ? item.value.type : item.error.codeName);
      if (item.ok && item.value.type === 'done')
        result = JSON.parse(Buffer.from(item.value.payload).toString());
    }
    expectThat('season.recalculate', result, { players: 10, best: 'ivo' });
    expectThat('its reports of progress', types.filter((type) => type === 'progress').length, 10);
    return problems;
  } finally {
    client.close();
  }
}
