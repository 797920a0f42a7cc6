import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { getCACertificates, TLSSocket } from 'node:tls';
import type { Outbound } from '@guildhall/kit/outbound';
import { ErrorEnvelope, isErrorCode } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import { jsonOrNothing } from '../json-or-nothing.ts';

const answerWithinMs = 15_000;
const maxAnswerBytes = 256 * 1024;

interface CloudRequest {
  /** Whole address, e.g. `http://localhost:8080/control/v1/enrol`. */
  readonly url: string;
  readonly body: unknown;
  /** PEM of authorities trusted besides the system's. */
  readonly extraCa: readonly string[];
  readonly outbound: Outbound;
}

/**
 * `POST` of JSON to the cloud. Not `fetch`: that can neither trust a further authority nor name who intercepted TLS.
 * Redirects are not followed: the token goes to the address the administrator typed and to no other.
 *
 * @throws GuildhallError what the cloud refused with, `proxy.*`, or `service.cloud-unreachable` saying what exactly failed
 */
export async function postToCloud({ url, body, extraCa, outbound }: CloudRequest): Promise<unknown> {
  const target = new URL(url);
  const ca = [...getCACertificates('default'), ...extraCa];
  const answer = await send({ target, body: JSON.stringify(body), ca, outbound });
  const { statusCode = 0 } = answer.response;
  const json = jsonOrNothing(answer.text);
  if (statusCode >= 200 && statusCode < 300 && json !== undefined) return json;
  const refusal = ErrorEnvelope.safeParse(json);
  if (refusal.success && isErrorCode(refusal.data.error.code)) {
    const { code, message, field, retryAfterMs } = refusal.data.error;
    throw new GuildhallError(code, message, { field, retryAfterMs });
  }
  if (statusCode >= 300 && statusCode < 400) {
    throw unreachable(target, `it redirects to another address, which is not followed`);
  }
  const what = json === undefined ? 'a page that is not the cloud controller’s' : 'an unexpected answer';
  throw unreachable(target, `something answered with ${what} (HTTP ${statusCode})`);
}

interface Sending {
  readonly target: URL;
  readonly body: string;
  readonly ca: string[];
  readonly outbound: Outbound;
}

function send(sending: Sending): Promise<{ response: IncomingMessage; text: string }> {
  const { target, body, ca, outbound } = sending;
  const isSecure = target.protocol === 'https:';
  const { promise, resolve, reject } = Promise.withResolvers<{ response: IncomingMessage; text: string }>();
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(answerWithinMs),
    agent: outbound.agentFor(target) ?? false,
  } as const;
  const outgoing = isSecure ? secureRequest(target, { ...options, ca }) : plainRequest(target, options);
  outgoing.on('error', (error) => {
    const fail = async (): Promise<void> => {
      // The proxy has said what is wrong with it; the cloud was not even asked.
      if (isGuildhallError(error)) return reject(error);
      reject(unreachable(target, await explain(error, target, outbound), error));
    };
    void fail();
  });
  outgoing.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
      if (text.length > maxAnswerBytes) outgoing.destroy(new Error('the answer is too large'));
    });
    response.on('end', () => resolve({ response, text }));
  });
  outgoing.end(body);
  return promise;
}

/** The reason in words an administrator can act on. */
async function explain(error: Error, target: URL, outbound: Outbound): Promise<string> {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${target.hostname} cannot be resolved; check it and the DNS server`;
    case 'ECONNREFUSED':
      return 'nothing listens there; check the address and the port';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to it; check the network and the gateway';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was cut; a firewall or proxy may be in the way';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is not for ${target.hostname}`;
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired; check the clock of this node too';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'it does not speak TLS there; check http or https in the address';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `its certificate was issued by ${await issuerOf(target, outbound)}, which this node does not trust; a proxy may be intercepting TLS`;
    default:
      return error.name === 'TimeoutError' || code === 'ABORT_ERR' || code === 'ETIMEDOUT'
        ? `it did not answer within ${answerWithinMs / 1000} s`
        : error.message;
  }
}

/** Looks once more, only to read who issued the certificate; nothing is sent on this connection. */
function issuerOf(target: URL, outbound: Outbound): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const agent = outbound.agentFor(target) ?? false;
  const request = secureRequest(target, { agent, rejectUnauthorized: false, timeout: 3_000 });
  const finish = (issuer: string): void => {
    resolve(issuer.replace(/[^\x20-\x7e]/gu, '?').slice(0, 100));
    request.destroy();
  };
  // Never ended, so that not even its headers leave.
  request.on('socket', (socket) => {
    if (!(socket instanceof TLSSocket)) return finish('an unknown authority');
    socket.once('secureConnect', () => {
      const { issuer } = socket.getPeerCertificate();
      finish([issuer?.O ?? issuer?.CN ?? 'an unknown authority'].flat().join(', '));
    });
  });
  request.on('timeout', () => finish('an unknown authority'));
  request.on('error', () => finish('an unknown authority'));
  return promise;
}

function unreachable(target: URL, why: string, cause?: unknown): GuildhallError {
  const sentence = `${target.origin} cannot be used: ${why}.`;
  return new GuildhallError('service.cloud-unreachable', sentence, { field: 'controlUrl', cause });
}
