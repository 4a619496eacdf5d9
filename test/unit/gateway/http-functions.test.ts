import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { HttpFunction } from '../../../src/gateway/http-function.js';
import { startEcho } from './fake-child.js';
import {
  Caller,
  generationOf,
  grpcStatus,
  listLocal,
  openService,
  reasonOf,
  startGateway,
  startGeneration,
  type TestService,
  until,
} from './harness.js';
import { type HttpHandler, type HttpProcess, httpFunction, startHttpProcess } from './http-process.js';

interface Served {
  readonly service: TestService;
  readonly caller: Caller;
  readonly notices: readonly { readonly message: string }[];
  /** Opens a generation whose process serves `f` over HTTP, and registers it. */
  start(generation: number, handle: HttpHandler, functions?: readonly HttpFunction[]): Promise<HttpProcess>;
}

async function open(options: Parameters<typeof openService>[1] = {}): Promise<Served> {
  const { gateway, notices } = await startGateway();
  const service = openService(gateway, options);
  return {
    service,
    caller: new Caller(gateway.address),
    notices,
    start: async (generation, handle, functions = [httpFunction('f')]) => {
      const process = await startHttpProcess(handle);
      await service.gate.openGeneration(generation);
      expect(service.gate.serveHttp(generation, { host: '127.0.0.1', port: process.port, functions })).toBe(
        true,
      );
      return process;
    },
  };
}

const answers =
  (text: string): HttpHandler =>
  (_body, response) =>
    response.end(text);

describe('functions over HTTP', () => {
  it('are registered as if the process had done it', async () => {
    const { service, start } = await open();
    const { port } = await start(1, answers('one'), [httpFunction('f'), httpFunction('g')]);
    expect(service.registered).toMatchObject([{ generation: 1, functions: [{ id: 'f' }, { id: 'g' }] }]);
    expect(service.gate.functions(1).map(({ id }) => id)).toEqual(['f', 'g']);
    expect(service.gate.addresses(1)).toEqual([`127.0.0.1:${port}`]);
    expect(service.gate.lastRegistrationAt(1)).not.toBe(null);
    expect(service.gate.speaks(1)).toBe(false);
  });

  it('are called by those who call any function, and listed', async () => {
    const { gateway } = await startGateway();
    const service = openService(gateway);
    const process = await startHttpProcess(answers('{"ok":true}'));
    await service.gate.openGeneration(1);
    service.gate.serveHttp(1, { host: '127.0.0.1', port: process.port, functions: [httpFunction('f')] });
    service.gate.route(1);
    const caller = new Caller(gateway.address);
    const ended = await caller.invoke('f', { payload: '{"a":1}', idempotencyKey: 'k' }).result;
    expect([ended.code, ended.payload]).toEqual([grpcStatus.OK, '{"ok":true}']);
    expect(process.requests[0]?.body).toBe('{"a":1}');
    expect(process.requests[0]?.request.headers['idempotency-key']).toBe('k');
    expect(await listLocal(gateway.address)).toMatchObject([
      { id: 'f', instances: [{ serviceId: 'game/http', addr: `127.0.0.1:${process.port}` }] },
    ]);
  });

  it('know the time that the caller gives, and are aborted when it is over', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const call = caller.invoke('f', { deadlineMs: 400 });
    await until('it is there', () => process.requests.length === 1);
    const ms = Number(process.requests[0]?.request.headers['croupier-timeout-ms']);
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(400);
    expect((await call.result).code).toBe(grpcStatus.DEADLINE_EXCEEDED);
    await until('the process sees it', () => process.sockets.size === 0);
    expect(service.gate.inFlight(1).calls).toBe(0);
  });

  it('are held through a swap and answered by the new generation', async () => {
    const { service, caller, start } = await open();
    await start(1, answers('one'));
    service.gate.route(1);
    service.gate.hold('all');
    const held = caller.invoke('f');
    await until('it is held', () => service.gate.held() === 1);
    service.gate.retire(1);
    await start(2, answers('two'));
    service.gate.route(2);
    expect((await held.result).payload).toBe('two');
  });

  it('are drained: what is under way ends on the old generation', async () => {
    const waiting: ServerResponse[] = [];
    const { service, caller, start } = await open();
    const old = await start(1, (_body, response) => waiting.push(response));
    service.gate.route(1);
    const slow = caller.invoke('f');
    await until('it is under way', () => waiting.length === 1);
    await start(2, answers('two'));
    service.gate.route(2);
    const drained = service.gate.drain(1, 'calls', 10_000);
    expect((await caller.invoke('f').result).payload).toBe('two');
    waiting[0]?.end('one');
    expect((await slow.result).payload).toBe('one');
    expect(await drained).toMatchObject({ complete: true, cut: 0 });
    expect(service.gate.counters()).toMatchObject({ drained: 1, lost: 0 });
    service.gate.retire(1);
    await until('the old generation has no connection', () => old.sockets.size === 0);
  });

  it('are cut with drain-timeout when the drain takes too long', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const call = caller.invoke('f');
    await until('it is there', () => process.requests.length === 1);
    expect(await service.gate.drain(1, 'calls', 10)).toMatchObject({ complete: false, cut: 1 });
    expect(reasonOf(await call.result)).toBe('drain-timeout');
    await until('the process sees it', () => process.sockets.size === 0);
  });

  it('are lost with the process', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const call = caller.invoke('f');
    await until('it is there', () => process.requests.length === 1);
    await process.crash();
    const ended = await call.result;
    expect([ended.code, reasonOf(ended), generationOf(ended)]).toEqual([
      grpcStatus.UNAVAILABLE,
      'child-lost',
      '1',
    ]);
    expect(ended.message).toContain('the call may have run');
  });

  it('run again on the next generation where that is allowed', async () => {
    const { service, caller, start } = await open({ replay: ['f'] });
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const call = caller.invoke('f', { idempotencyKey: 'k' });
    await until('it is there', () => process.requests.length === 1);
    service.gate.hold('all');
    await process.crash();
    await until('it is held', () => service.gate.held() === 1);
    await service.gate.gone(1);
    await start(2, answers('two'));
    service.gate.route(2);
    expect((await call.result).payload).toBe('two');
    expect(service.gate.counters()).toMatchObject({ replayed: 1, lost: 0 });
  });

  it('wait while the process does not listen', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, answers('one'));
    service.gate.route(1);
    await process.crash();
    const call = caller.invoke('f');
    await until('it is held', () => service.gate.held() === 1);
    await startHttpProcess(answers('back'), process.port);
    expect((await call.result).payload).toBe('back');
    expect(service.gate.counters()).toMatchObject({ held: 1, lost: 0 });
  });

  it('can stand beside those of an SDK in the same process', async () => {
    const { service, caller } = await open();
    const child = await startEcho('sdk');
    await startGeneration(service, 1, child.address, { serviceId: 'game', functions: ['g'] });
    const process = await startHttpProcess(answers('http'));
    service.gate.serveHttp(1, { host: '127.0.0.1', port: process.port, functions: [httpFunction('f')] });
    service.gate.route(1);
    expect((await caller.invoke('f').result).payload).toBe('http');
    expect((await caller.invoke('g').result).code).toBe(grpcStatus.OK);
  });

  it('are replaced when they are told again', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, (_body, response, request) => response.end(request.url));
    service.gate.route(1);
    const functions = [httpFunction('f', { path: '/other' }), httpFunction('g')];
    service.gate.serveHttp(1, { host: '127.0.0.1', port: process.port, functions });
    expect((await caller.invoke('f').result).payload).toBe('/other');
    expect((await caller.invoke('g').result).payload).toBe('/functions/g');
    expect(service.registered.length).toBe(2);
  });

  it('are not taken for a generation that has been retired, or is none', async () => {
    const { service, start } = await open();
    const { port } = await start(1, answers('one'));
    service.gate.retire(1);
    const http = { host: '127.0.0.1', port, functions: [httpFunction('f')] };
    expect(service.gate.serveHttp(1, http)).toBe(false);
    expect(service.gate.serveHttp(7, http)).toBe(false);
    expect(service.gate.functions(1)).toEqual([]);
  });
});

describe('jobs over HTTP', () => {
  it('have the events of the response, and an id of the gateway', async () => {
    const { service, caller, start } = await open();
    await start(1, (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: progress\ndata: {"progress":50,"message":"half"}\n\n');
      response.end('event: done\ndata: {"payload":{"n":2}}\n\n');
    });
    service.gate.route(1);
    const { payload: id } = await caller.startJob('f').result;
    expect(id).toMatch(/^job-/);
    const reading = caller.streamJob(id);
    expect((await reading.ended).code).toBe(grpcStatus.OK);
    expect(reading.events.map(({ type, progress, payload }) => [type, progress, payload.toString()])).toEqual(
      [
        ['progress', 50, ''],
        ['done', 0, '{"n":2}'],
      ],
    );
    expect(service.gate.inFlight(1)).toEqual({ calls: 0, jobs: 0 });
  });

  it('are cancelled by aborting the request', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const { payload: id } = await caller.startJob('f').result;
    await until('it is there', () => process.requests.length === 1);
    expect(service.gate.inFlight(1)).toEqual({ calls: 0, jobs: 1 });
    const reading = caller.streamJob(id);
    expect((await caller.cancelJob(id)).code).toBe(grpcStatus.OK);
    await reading.ended;
    expect(reading.events.map(({ type, message }) => [type, message])).toEqual([['error', 'cancelled']]);
    await until('the process sees it', () => process.sockets.size === 0);
  });

  it('are cut by a drain that takes too long', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const { payload: id } = await caller.startJob('f').result;
    await until('it is there', () => process.requests.length === 1);
    expect(await service.gate.drain(1, 'jobs', 10)).toMatchObject({ complete: false, cut: 1 });
    const reading = caller.streamJob(id);
    await reading.ended;
    expect(reading.events.map(({ type, message }) => [type, message])).toEqual([
      ['error', 'drain-timeout: cancelled'],
    ]);
    await until('the process sees it', () => process.sockets.size === 0);
  });

  it('end with the process', async () => {
    const { service, caller, start } = await open();
    const process = await start(1, () => undefined);
    service.gate.route(1);
    const { payload: id } = await caller.startJob('f').result;
    await until('it is there', () => process.requests.length === 1);
    await process.crash();
    const reading = caller.streamJob(id);
    expect(reasonOf(await reading.ended)).toBe('child-lost');
    expect(reading.types).toEqual(['error']);
  });

  it('are drained: one that ends in time ends well', async () => {
    const waiting: ServerResponse[] = [];
    const { service, caller, start } = await open();
    await start(1, (_body, response) => waiting.push(response));
    service.gate.route(1);
    const { payload: id } = await caller.startJob('f').result;
    await until('it is there', () => waiting.length === 1);
    service.gate.hold('jobs');
    const drained = service.gate.drain(1, 'jobs', 10_000);
    waiting[0]?.end('"result"');
    expect(await drained).toMatchObject({ complete: true, cut: 0 });
    const reading = caller.streamJob(id);
    await reading.ended;
    expect(reading.events.map(({ type, payload }) => [type, payload.toString()])).toEqual([
      ['done', '"result"'],
    ]);
    expect(service.gate.counters()).toMatchObject({ drained: 1, lost: 0 });
  });
});
