import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasProgram, ServedTemplate } from './served-template.js';

/** Templates that need nothing but their language; the others are run by the matrix, which installs what they need. */
const TEMPLATES = [
  {
    name: 'http-node',
    tool: ['node', '--version'],
    test: ['node', '--test'],
    build: null,
    run: ['node', 'server.js'],
  },
  {
    name: 'http-python',
    tool: ['python3', '-c', 'import sys; assert sys.version_info >= (3, 10)'],
    test: ['python3', '-m', 'unittest'],
    build: null,
    run: ['python3', 'main.py'],
  },
  {
    name: 'http-go',
    tool: ['go', 'version'],
    test: ['go', 'test', './...'],
    build: ['go', 'build', '-o', 'app', '.'],
    run: ['./app'],
  },
] as const;

for (const template of TEMPLATES) {
  describe.skipIf(!hasProgram(template.tool))(`the template ${template.name}`, () => {
    let served: ServedTemplate;

    beforeAll(async () => {
      served = new ServedTemplate(template.name);
      if (template.build !== null) served.run(template.build);
      await served.start(template.run);
    });

    afterAll(() => served.close());

    it('passes its own tests', () => {
      served.run(template.test);
    });

    it('tells which functions it has', async () => {
      const { functions } = JSON.parse((await served.get('/croupier/manifest.json')).body);
      expect(functions.map((one: { id: string }) => one.id).sort()).toEqual([
        'player.ban',
        'season.recalculate',
        'server.status',
      ]);
      const ban = functions.find((one: { id: string }) => one.id === 'player.ban');
      expect(ban).toMatchObject({
        version: '1.0.0',
        http: 'POST /functions/player.ban',
        summary: 'Ban a player',
        tags: ['player', 'moderation'],
        risk: 'high',
        request: { json_schema: { type: 'object', required: ['playerId'] } },
        response: { json_schema: { type: 'object' } },
      });
    });

    it('answers calls', async () => {
      const ban = await served.post('/functions/player.ban', { playerId: '9', hours: 2 });
      expect(ban).toMatchObject({ status: 200, type: expect.stringContaining('application/json') });
      const { until, ...answer } = JSON.parse(ban.body);
      expect(answer).toEqual({ result: 'success', playerId: '9' });
      expect(Date.parse(until) - Date.now()).toBeGreaterThan(60 * 60 * 1000);
      const status = await served.post('/functions/server.status', undefined);
      expect(JSON.parse(status.body)).toEqual({
        online: expect.any(Number),
        uptimeSeconds: expect.any(Number),
        version: '1.0.0',
        generation: 7,
      });
    });

    it.each([
      [{ playerId: '99' }, 404, 'there is no player 99'],
      [{ playerId: 7 }, 400, 'playerId'],
      [{ playerId: '1', hours: -1 }, 400, 'hours'],
      [undefined, 400, 'object'],
    ])('refuses %j', async (payload, status, message) => {
      const answer = await served.post('/functions/player.ban', payload);
      expect(answer.status).toBe(status);
      expect(answer.body).toContain(message);
    });

    it('sends the events of a job as they come, or its result alone', async () => {
      const events = await (await served.job('/functions/season.recalculate')).answer;
      expect(events.type).toContain('application/x-ndjson');
      const lines = events.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.filter(({ type }) => type === 'progress').map(({ progress }) => progress)).toEqual([
        10, 20, 30, 40, 50, 60, 70, 80, 90, 100,
      ]);
      expect(lines).toContainEqual({ type: 'log', message: 'recalculated 10 players' });
      expect(lines.at(-1)).toMatchObject({ type: 'done', payload: { players: 10, best: 'ivo' } });
      const result = await served.post('/functions/season.recalculate', {});
      expect(JSON.parse(result.body)).toEqual({ players: 10, best: 'ivo' });
    });

    it('finishes what is under way when it is asked to end', async () => {
      const jobs = await Promise.all([1, 2].map(() => served.job('/functions/season.recalculate')));
      const stopped = served.stop();
      for (const { answer } of jobs) expect((await answer).body).toContain('"done"');
      const { code, output } = await stopped;
      expect(code, output).toBe(0);
    });
  });
}
