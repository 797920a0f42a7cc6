import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ErrorEnvelope } from '@guildhall/protocol';
import { jsonOrNothing } from '../json-or-nothing.ts';
import type { Look } from './look.ts';
import { fail, ok, skipped, warn, type Outcome } from './outcome.ts';

const goodOffsetMs = 2_000;
const badOffsetMs = 60_000;
const dateResolutionMs = 1_000;

export const notPaired: Outcome = skipped('not-paired');

/** @param proxy through which the cloud is reached; then only the proxy has to know the cloud's name */
export async function checkDns(cloud: URL, proxy: string | undefined): Promise<Outcome> {
  if (proxy !== undefined) {
    const known = await checkDns(new URL(proxy), undefined);
    if (known.state !== 'ok') return fail('dns-proxy', { proxy });
    return ok('dns-proxy', { host: cloud.hostname, proxy });
  }
  const host = cloud.hostname.replaceAll(/[[\]]/gu, '');
  if (isIP(host) !== 0) return ok('dns-not-needed', { host });
  try {
    const { address } = await lookup(host);
    return ok('dns', { host, address });
  } catch {
    return fail('dns', { host });
  }
}

/** The web of the cloud: reached, and it is the cloud that answers and not a page in between. */
export function checkCloud(look: Look, cloud: URL): Outcome {
  const address = cloud.origin;
  if (look.kind === 'error') return unreachable(look, address);
  if (ErrorEnvelope.safeParse(jsonOrNothing(look.body)).success) {
    return ok('cloud', { address, took: Math.round(look.tookMs) });
  }
  if (look.status === 407) return fail('proxy-sign-in', { address });
  if (look.status >= 300 && look.status < 400) return fail('captive', { address });
  if (look.contentType.includes('text/html')) return fail('captive', { address });
  return fail('other-server', { address, status: look.status });
}

/** The link of the connector: a WebSocket, which some proxies do not let through although they let pages through. */
export function checkControl(look: Look, control: URL): Outcome {
  const address = control.href;
  if (look.kind === 'error') return unreachable(look, address);
  // Without a proof of who we are it has to be refused, and by the cloud itself.
  const isCloud = ErrorEnvelope.safeParse(jsonOrNothing(look.body)).success || look.body.includes('node.');
  return isCloud ? ok('control', { address }) : fail('no-websocket', { address, status: look.status });
}

export function checkTls(look: Look, cloud: URL): Outcome {
  if (cloud.protocol !== 'https:') return skipped('tls-plain');
  if (look.kind === 'error') return skipped('cloud-unreachable');
  if (!look.tls) return skipped('tls-plain');
  const { issuer, distrust } = look.tls;
  if (distrust === undefined) return ok('tls', { issuer });
  if (distrust === 'CERT_HAS_EXPIRED') return fail('tls-expired', { issuer });
  if (distrust === 'ERR_TLS_CERT_ALTNAME_INVALID') return fail('tls-name', { issuer, host: cloud.hostname });
  return fail('tls-intercepted', { issuer });
}

/** Our clock against the one of the cloud, which tells whole seconds. */
export function checkClock(look: Look): Outcome {
  if (look.kind === 'error') return skipped('cloud-unreachable');
  if (look.dateMs === undefined) return skipped('clock-unknown');
  const offsetMs = look.atMs - look.tookMs / 2 - (look.dateMs + dateResolutionMs / 2);
  const offset = (Math.abs(offsetMs) / 1000).toFixed(1);
  if (Math.abs(offsetMs) <= goodOffsetMs) return ok('clock', { offset });
  const values = { offset, direction: offsetMs > 0 ? 'ahead' : 'behind' };
  return Math.abs(offsetMs) <= badOffsetMs ? warn('clock', values) : fail('clock', values);
}

function unreachable({ code, proxy = '' }: Extract<Look, { kind: 'error' }>, address: string): Outcome {
  switch (code) {
    case 'proxy.unreachable':
      return fail('proxy-unreachable', { address, proxy });
    case 'proxy.sign-in-required':
      return fail('proxy-sign-in', { address, proxy });
    case 'proxy.refused':
      return fail('proxy-refused', { address, proxy });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fail('no-name', { address });
    case 'ECONNREFUSED':
      return fail('refused', { address });
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail('no-route', { address });
    case 'timeout':
    case 'ETIMEDOUT':
      return fail('timeout', { address });
    case 'ECONNRESET':
    case 'EPIPE':
      return fail('cut', { address });
    default:
      return fail('unreachable', { address, code });
  }
}
