import { createSecureContext } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  credentials,
  type VerifyOptions,
} from '@grpc/grpc-js';
import { MAX_MESSAGE_BYTES } from './message-limit.js';
import type { TlsMaterial } from './tls.js';
import { trusting } from './tls-client.js';
import { hostOf, nameToSend, verifyPeer } from './tls-identity.js';

/**
 * Opens a channel to `address` (`host:port`). It shares nothing with other clients, so closing it, and its pauses between
 * attempts to connect, concern this client alone. A call waits for the attempt that is under way, and fails with UNAVAILABLE
 * as soon as one has failed. `tls` null: plain text; it throws where the material is not what readTls() gives.
 */
export function openClient(address: string, tls: TlsMaterial | null): Client {
  return new Client(address, secure(address, tls), {
    ...(tls === null ? {} : nameOptions(address, tls)),
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    // A proxy from the environment is not meant for calls inside the machine or the cluster.
    'grpc.enable_http_proxy': 0,
    // Whether a call may run twice is for the caller to say, not for the transport.
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
  });
}

function secure(address: string, tls: TlsMaterial | null): ChannelCredentials {
  if (tls === null) return credentials.createInsecure();
  const host = hostOf(address);
  const { ca, key, cert, serverName } = tls;
  const verification: VerifyOptions = {
    checkServerIdentity: (_host, certificate) => verifyPeer(host, serverName, certificate),
  };
  if (ca === null) return credentials.createSsl(null, key, cert, verification);
  const own = key === null || cert === null ? {} : { key, cert };
  return credentials.createFromSecureContext(createSecureContext({ ...trusting(ca), ...own }), verification);
}

function nameOptions(address: string, tls: TlsMaterial): ChannelOptions {
  if (tls.serverName !== null) {
    return {
      'grpc.ssl_target_name_override': tls.serverName,
      'grpc.default_authority': tls.serverName,
    };
  }
  const name = nameToSend(hostOf(address));
  return name === null ? { 'grpc.ssl_target_name_override': UNNAMED } : {};
}

/**
 * Sent as the TLS server name where an IP address is dialled. grpc-js would send the address itself, which the standard forbids and
 * Node warns about on the terminal, and has no way to send none. No server has this name, so all show their default certificate.
 */
const UNNAMED = 'address.invalid';
