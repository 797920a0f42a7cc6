import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { Destination } from './destination.ts';

const timeoutMs = 10_000;

export interface WebhookMessage {
  readonly deliveryId: string;
  readonly body: string;
  /** Sensitive. */
  readonly secret: string;
  readonly atMs: number;
}

/**
 * `v1=` and the hex HMAC-SHA-256 of `<timestamp>.<body>`. The receiver compares it, and refuses old timestamps, so that a
 * message that was listened to cannot be played again.
 */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/**
 * Posts one message, and answers the status. Redirects are not followed: they would lead past the judgement of the
 * address. What the receiver says is not read.
 */
export function postWebhook({ url, address }: Destination, message: WebhookMessage): Promise<number> {
  const timestamp = String(Math.floor(message.atMs / 1_000));
  const family = isIP(address) === 6 ? 6 : 4;
  const pinned: LookupFunction = (_host, options, found) =>
    options.all === true ? found(null, [{ address, family }]) : found(null, address, family);
  const body = Buffer.from(message.body);
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(
      url,
      {
        method: 'POST',
        lookup: pinned,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'user-agent': 'Guildhall',
          'guildhall-delivery': message.deliveryId,
          'guildhall-timestamp': timestamp,
          'guildhall-signature': signatureOf(message.secret, timestamp, message.body),
        },
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
