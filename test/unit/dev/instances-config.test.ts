import { expect, it } from 'vitest';
import { checkInstances, instanceLabels, instancesOf } from '../../../src/dev/instances-config.js';
import { commandLine, serviceConfig, sessionConfig } from './service-config.js';

it('keeps one process while somebody works on it, whatever is configured', () => {
  const service = serviceConfig({ instances: 4 });
  expect(instancesOf(service, 'run')).toBe(4);
  expect(instancesOf(service, 'dev')).toBe(1);
  expect(instancesOf(service, undefined)).toBe(1);
});

it('gives a name to each of several instances', () => {
  const services = [serviceConfig({ instances: 2 }), serviceConfig({ name: 'shop' })];
  expect(instanceLabels(services, 'run')).toEqual(['game/1', 'game/2', 'shop']);
  expect(instanceLabels(services, 'dev')).toEqual(['game', 'shop']);
});

it.each([
  ['a terminal', serviceConfig({ instances: 2, stdin: true }), '"stdin" is true'],
  [
    "a debugger's port",
    serviceConfig({ instances: 2, command: commandLine('node --inspect=9229 server.js') }),
    'port (9229)',
  ],
])('refuses several that want %s', (_what, service, why) => {
  const refused = checkInstances(sessionConfig([service]), 'run');
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused?.message).toContain('game cannot have 2 instances');
  expect(refused?.message).toContain(why);
  expect(checkInstances(sessionConfig([service]), 'dev')).toBeNull();
  expect(checkInstances(sessionConfig([{ ...service, instances: 1 }]), 'run')).toBeNull();
});

it('lets each have a debugger on a port of its own', () => {
  const command = commandLine('node --inspect=0 server.js');
  expect(checkInstances(sessionConfig([serviceConfig({ instances: 2, command })]), 'run')).toBeNull();
});
