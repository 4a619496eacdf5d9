import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hostOf, nameToSend, verifyPeer } from '../../../src/protocol/tls-identity.js';
import { createAuthority } from '../../support/certificates.js';

const authority = createAuthority();

test.each([
  ['agent.example:19090', 'agent.example'],
  ['127.0.0.1:1', '127.0.0.1'],
  ['[::1]:19090', '::1'],
])('the host of %s is %s', (address, host) => {
  expect(hostOf(address)).toBe(host);
});

test('names are sent in the handshake, addresses are not', () => {
  expect(['agent.example', 'localhost', '10.0.0.1', '::1'].map(nameToSend)).toEqual([
    'agent.example',
    'localhost',
    null,
    null,
  ]);
});

describe('a certificate', () => {
  test.each([
    ['agent.example', 'agent.example', null, true],
    ['*.agent.example', 'one.agent.example', null, true],
    ['other.example', 'agent.example', null, false],
    ['10.0.0.1', '10.0.0.1', null, true],
    ['10.0.0.2', '10.0.0.1', null, false],
    // The same machine.
    ['localhost', '127.0.0.1', null, true],
    ['localhost', '127.0.0.2', null, true],
    ['localhost', '::1', null, true],
    ['127.0.0.1', 'localhost', null, true],
    ['::1', 'localhost', null, true],
    // Not the same machine.
    ['localhost', '10.0.0.1', null, false],
    ['localhost', '127.example', null, false],
    ['127.0.0.1', 'agent.example', null, false],
    // A name that was set counts alone.
    ['agent.example', '127.0.0.1', 'agent.example', true],
    ['localhost', '127.0.0.1', 'agent.example', false],
    ['127.0.0.1', '127.0.0.1', 'localhost', false],
  ])('for %s, dialled as %s with server name %s: %s', (name, host, serverName, isGood) => {
    const { certPem } = authority.issue({ names: [name] });
    const certificate = new X509Certificate(certPem).toLegacyObject();
    expect(verifyPeer(host, serverName, certificate) === undefined).toBe(isGood);
  });
});
