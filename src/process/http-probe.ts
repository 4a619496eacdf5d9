import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { dialableHosts, isLoopback } from './address.js';

/** A server that has accepted may be busy starting: it gets this long for its answer before it is asked again. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The status code of an answer, or why there was none. */
export type HttpAnswer = { readonly status: number } | { readonly error: string };

/**
 * Where a readiness URL points: `{port}` filled in, a bare path meaning the generation's own port. Null: it is no http URL.
 */
export function resolveProbeUrl(url: string, port: number): URL | null {
  const filled = url.replaceAll('{port}', String(port));
  const whole = filled.startsWith('/') ? `http://localhost:${port}${filled}` : filled;
  if (!URL.canParse(whole)) return null;
  const parsed = new URL(whole);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed : null;
}

/** Asks once. `localhost` and wildcards are asked on both families; the first answer that is ready counts, else the last. */
export async function getOnce(url: URL, signal: AbortSignal): Promise<HttpAnswer> {
  const hosts = dialableHosts(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const answers = await Promise.all(hosts.map((host) => get(url, host, signal)));
  const answered = answers.filter((answer) => 'status' in answer);
  return answers.find(isReady) ?? answered[0] ?? answers[0] ?? { error: 'no address' };
}

/** 2xx and 3xx; redirects are not followed. */
export function isReady(answer: HttpAnswer): boolean {
  return 'status' in answer && answer.status >= 200 && answer.status < 400;
}

function get(url: URL, host: string, signal: AbortSignal): Promise<HttpAnswer> {
  const isSecure = url.protocol === 'https:';
  return new Promise((resolve) => {
    const request = (isSecure ? requestHttps : requestHttp)(
      {
        host,
        port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host, 'user-agent': 'croupier' },
        agent: false,
        signal,
        timeout: ANSWER_TIMEOUT_MS,
        // On this machine a development certificate is signed by nobody.
        ...(isSecure && { servername: url.hostname, rejectUnauthorized: !isLoopback(host) }),
      },
      (response) => {
        resolve({ status: response.statusCode ?? 0 });
        response.destroy();
      },
    );
    request.once('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    // Stays: destroying a response can fail late.
    request.on('error', (error) => resolve({ error: error.message }));
    request.end();
  });
}
