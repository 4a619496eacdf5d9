import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServingTlsFiles } from '../../standins/tls-files.js';
import { gameServer } from '../../support/project.js';
import { Scenario } from '../dev/scenario.js';
import {
  askingNobody,
  brokenKey,
  ca,
  client,
  croupier,
  folder,
  gateway,
  peers,
  strangerCa,
  unknownClient,
  watch,
} from './tls-world.js';
import { openAgent, openEdge, openServer } from './world.js';

/** A project whose session does not get far. */
function openProject(config: object): Scenario {
  const scenario = new Scenario();
  onTestFinished(() => scenario.close());
  scenario.save(gameServer('v0'));
  scenario.config(config);
  return scenario;
}

it('a game server in plain text where TLS was expected is told of, and so is the way out', async () => {
  const scenario = openProject({ gateway: { childTls: { ca } } });
  const dev = scenario.start();
  watch(dev);
  const { message } = await dev.waitFor('session.notice', ({ level }) => level === 'warn');
  expect(message).toMatch(
    /^game: 127\.0\.0\.1:\d+ cannot be called: it does not speak TLS, which "childTls" of the configuration asks for/,
  );
});

describe('upstream.lost says what is wrong, and the way out:', () => {
  it.each<readonly [string, 'agent' | 'server' | 'edge', ServingTlsFiles, object | false | null, RegExp]>([
    [
      'plain text where TLS was expected',
      'agent',
      {},
      { ca },
      /it does not speak TLS, which "tls" .* asks for; for plain text, set "tls": false/,
    ],
    [
      'the same by default',
      'server',
      {},
      null,
      /it does not speak TLS, which "tls" .* asks for; for plain text, set "tls": false/,
    ],
    [
      'TLS where plain text was expected',
      'agent',
      askingNobody(peers.good),
      null,
      /it speaks TLS, but plain text was configured: set "tls": { "ca": /,
    ],
    [
      'the same where it was asked for',
      'edge',
      askingNobody(peers.good),
      false,
      /it speaks TLS, but plain text was configured: set "tls": { "ca": /,
    ],
    [
      'an expired certificate',
      'server',
      askingNobody(peers.expired),
      { ca },
      /it shows a certificate that expired on .*\d{4}/,
    ],
    [
      'a certificate for another name',
      'edge',
      askingNobody(peers.elsewhere),
      { ca },
      /certificate for "agent.example", and not for "127.0.0.1": set "tls": { "serverName": "agent.example" }/,
    ],
    [
      'an authority that nobody knows',
      'server',
      askingNobody(peers.good),
      null,
      /of the authority "Test Authority" that this machine does not know; to trust it, set "tls": { "ca": /,
    ],
    [
      'another authority',
      'agent',
      askingNobody(peers.good),
      { ca: strangerCa },
      /of the authority "Test Authority" that "ca" does not hold/,
    ],
    [
      'no certificate of ours',
      'edge',
      { ...peers.good, ca },
      { ca },
      /it asks for a client certificate, and none was sent: set "tls": { "cert": /,
    ],
    [
      'one that is not known there',
      'server',
      { ...peers.good, ca },
      { ...unknownClient, ca },
      /refuses? our client certificate/,
    ],
  ])('%s (%s)', async (_what, kind, serving, tls, message) => {
    const open = { agent: openAgent, server: openServer, edge: openEdge }[kind];
    const peer = await open({ tls: serving });
    const url = `${kind}://${peer.address}`;
    const scenario = openProject({ upstream: { url, tls } });
    const dev = scenario.start([], { CROUPIER_UPSTREAM: url });
    watch(dev);
    const { reason } = await dev.waitFor('upstream.lost');
    expect(reason).toMatch(message);
  });
});

describe('files that cannot be used end the start with 2, and the message names key and file:', () => {
  const url = 'edge://127.0.0.1:1';
  const missing = join(folder, 'missing.pem');

  it.each<readonly [string, object, string]>([
    [
      'none there',
      { upstream: { url, tls: { ca: missing } } },
      `upstream.tls: "ca" (${missing}) is not there`,
    ],
    [
      'cert and key swapped',
      { upstream: { url, tls: { cert: client.key, key: client.cert } } },
      `upstream.tls: "cert" (${client.key}) holds no PEM certificate, but a private key`,
    ],
    ['a folder', { gateway: { childTls: { ca: folder } } }, `gateway.childTls: "ca" (${folder}) is a folder`],
    [
      'a key of another certificate',
      { gateway: { tls: { cert: gateway.cert, key: client.key } } },
      `gateway.tls: "key" (${client.key}) does not belong to "cert" (${gateway.cert})`,
    ],
    [
      'a broken key',
      { gateway: { tls: { cert: gateway.cert, key: brokenKey } } },
      `gateway.tls: "key" (${brokenKey}) holds a private key that cannot be read`,
    ],
  ])('%s', async (_what, config, words) => {
    const scenario = openProject(config);
    const upstream = 'upstream' in config ? url : 'none';
    const started = await croupier(scenario.project.folder, ['dev'], { CROUPIER_UPSTREAM: upstream });
    expect(started.code).toBe(2);
    expect(started.stderr).toContain(words);
  });
});
