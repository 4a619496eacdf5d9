import { freePort } from '../../src/process/ports.js';
import { DevProcess } from '../support/dev-process.js';
import { Project } from '../support/project.js';
import { gameServer, PORT_VARIABLE } from './game-server.js';
import { type CallerConnection, echoRequest, openConnection } from './grpc-caller.js';
import type { Section } from './section.js';
import { percentile } from './statistics.js';
import { formatTable } from './table.js';

const CALLS = 5_000;
/** Calls in a row on one way before the other has its turn. */
const BLOCK = 100;
const CONCURRENCIES = [1, 20];
const WARM_UP_CALLS = 1_000;
const PAYLOAD = { playerId: 'player-4711', reason: 'x'.repeat(200) };

type Way = 'direct' | 'gateway';

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Calls one game server directly and through the gateway, in turns, each over one kept connection. */
export async function measureGatewayLatency(): Promise<Section> {
  const port = await freePort();
  const project = new Project({ 'server.js': gameServer('v1') });
  project.config({
    service: 'game',
    command: 'node server.js',
    environment: { [PORT_VARIABLE]: String(port) },
  });
  const dev = DevProcess.start(project.folder);
  try {
    await dev.waitFor('generation.active');
    const ways = {
      direct: openConnection(`127.0.0.1:${port}`),
      gateway: openConnection(await dev.gateway()),
    };
    const results = [];
    for (const concurrency of CONCURRENCIES) {
      results.push({ concurrency, ...(await measureBoth(ways, concurrency)) });
    }
    ways.direct.close();
    ways.gateway.close();
    return report(results);
  } finally {
    await dev.stop();
    project.remove();
  }
}

async function measureBoth(
  ways: Readonly<Record<Way, CallerConnection>>,
  concurrency: number,
): Promise<Readonly<Record<Way, Latency>>> {
  const frame = echoRequest(PAYLOAD);
  const times: Record<Way, number[]> = { direct: [], gateway: [] };
  await makeCalls(ways.direct, frame, WARM_UP_CALLS, concurrency);
  await makeCalls(ways.gateway, frame, WARM_UP_CALLS, concurrency);
  while (times.gateway.length < CALLS) {
    times.direct.push(...(await makeCalls(ways.direct, frame, BLOCK, concurrency)));
    times.gateway.push(...(await makeCalls(ways.gateway, frame, BLOCK, concurrency)));
  }
  const latency = (ms: readonly number[]) => ({ p50: percentile(ms, 0.5), p99: percentile(ms, 0.99) });
  return { direct: latency(times.direct), gateway: latency(times.gateway) };
}

/** Makes `count` calls, `concurrency` of them at a time; ms of each. */
async function makeCalls(
  connection: CallerConnection,
  frame: Buffer,
  count: number,
  concurrency: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  let begun = 0;
  const callInTurn = async () => {
    while (begun < count) {
      begun += 1;
      const startedAt = performance.now();
      if ((await connection.call(frame)) === null) throw new Error('a call was not answered');
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, callInTurn));
  return times;
}

function report(
  results: readonly ({ readonly concurrency: number } & Readonly<Record<Way, Latency>>)[],
): Section {
  const rows = results.flatMap(({ concurrency, direct, gateway }) => [
    [`${concurrency} at a time, direct`, direct.p50.toFixed(2), direct.p99.toFixed(2)],
    [`${concurrency} at a time, gateway`, gateway.p50.toFixed(2), gateway.p99.toFixed(2)],
    [
      `${concurrency} at a time, added`,
      (gateway.p50 - direct.p50).toFixed(2),
      (gateway.p99 - direct.p99).toFixed(2),
    ],
  ]);
  return {
    name: 'gateway',
    title: `A call through the gateway: ms, ${CALLS} calls each over a kept connection`,
    table: formatTable(['', 'p50', 'p99'], rows),
    aims: [],
    figures: { calls: CALLS, results },
  };
}
