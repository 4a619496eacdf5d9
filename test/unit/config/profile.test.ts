import { describe, expect, it } from 'vitest';
import { Project } from './project.js';

const profile = 'run' as const;

describe('the profile of croupier run', () => {
  it('gives more time and restarts less often where the configuration says nothing', async () => {
    const project = await Project.create({ 'croupier.config.json': { command: 'node x.js' } });
    const dev = await project.service();
    const run = await project.service({ profile });
    expect(dev).toMatchObject({
      drain: { calls: 10_000, jobs: 30_000 },
      restart: { backoff: { initial: 500, max: 15_000 } },
    });
    expect(run).toEqual({
      ...dev,
      drain: { ...dev.drain, calls: 60_000, jobs: 60_000 },
      restart: { ...dev.restart, backoff: { initial: 500, max: 30_000 } },
    });
  });

  it('leaves what the configuration says', async () => {
    const said = { drain: { calls: '1s' }, restart: { backoff: { max: '10s' } } };
    const project = await Project.create({ 'croupier.config.json': { command: 'node x.js', ...said } });
    expect(await project.service({ profile })).toMatchObject({
      drain: { calls: 1000, jobs: 60_000 },
      restart: { backoff: { initial: 500, max: 10_000 } },
    });
  });
});

describe('--instances', () => {
  it('wins over the configuration', async () => {
    const project = await Project.create({ 'croupier.config.json': { command: 'node x.js', instances: 3 } });
    expect((await project.service({ profile })).instances).toBe(3);
    expect((await project.service({ profile, flags: { instances: '5' } })).instances).toBe(5);
  });

  it.each(['0', '-1', '1.5', 'many', ''])('refuses %j', async (instances) => {
    const project = await Project.create({ 'croupier.config.json': { command: 'node x.js' } });
    const { message } = await project.error({ flags: { instances } });
    expect(message).toContain('--instances');
  });

  it('is for one service', async () => {
    const services = { a: { command: 'node a.js' }, b: { command: 'node b.js' } };
    const project = await Project.create({ 'croupier.config.json': { services } });
    expect(await project.error({ flags: { instances: '2' } })).toMatchObject({
      exitCode: 2,
      message: '--instances is for one service, and this session has several',
    });
    const named = await project.session({ flags: { instances: '2', names: ['b'] } });
    expect(named.services.map(({ instances }) => instances)).toEqual([2]);
  });
});
