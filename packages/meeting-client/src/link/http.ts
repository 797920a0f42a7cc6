import { ErrorEnvelope } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { ClientDeps } from '../deps.ts';

/**
 * One JSON request.
 * @throws GuildhallError what the server answered, `link.unreachable` without an answer, `internal` when the answer is
 * not what the contract says
 */
export const requestJson = async <T extends z.ZodType>(
  fetchIt: ClientDeps['fetch'],
  url: string,
  schema: T,
  init: RequestInit,
): Promise<z.output<T>> => {
  const { status, body } = await read(fetchIt, url, init);
  if (status >= 200 && status < 300) {
    const answer = schema.safeParse(body);
    if (answer.success) return answer.data;
    throw new GuildhallError('internal', 'The server’s answer was not understood.', { cause: answer.error });
  }
  const refusal = ErrorEnvelope.safeParse(body);
  if (!refusal.success)
    throw new GuildhallError('link.unreachable', `The server answered with HTTP ${status}.`);
  const { code, message, field, retryAfterMs } = refusal.data.error;
  throw new GuildhallError(code, message, { field, retryAfterMs });
};

/** @throws GuildhallError as `requestJson` */
export const postJson = <T extends z.ZodType>(
  fetchIt: ClientDeps['fetch'],
  url: string,
  schema: T,
  body: unknown,
  init: RequestInit,
): Promise<z.output<T>> =>
  requestJson(fetchIt, url, schema, {
    ...init,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const read = async (
  fetchIt: ClientDeps['fetch'],
  url: string,
  init: RequestInit,
): Promise<{ status: number; body: unknown }> => {
  try {
    const response = await fetchIt(url, { cache: 'no-store', redirect: 'error', ...init });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  } catch (error) {
    if (isGuildhallError(error)) throw error;
    throw new GuildhallError('link.unreachable', 'The server cannot be reached.', { cause: error });
  }
};

const parse = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
};
