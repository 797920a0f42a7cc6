import { ErrorEnvelope } from '@guildhall/protocol';
import type { z } from 'zod';

/** Longest wait for an answer before the page says so. */
const DEADLINE_MS = 15_000;

/** A refusal of the API, or a failure to reach it (`link.unreachable`, `request.timeout`). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** The key of the request that is wrong. */
  readonly field: string | undefined;

  constructor(code: string, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

const UNREACHABLE = new ApiError(
  'link.unreachable',
  'The console cannot be reached. Check the network to this server and try again.',
);
const NOT_UNDERSTOOD = 'The server gave an answer this page does not understand. Reload the page.';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

function send(method: Method, path: string, body?: unknown): Promise<Response> {
  if (body === undefined) return transmit(method, path, null);
  return transmit(method, path, JSON.stringify(body), 'application/json');
}

async function transmit(
  method: Method,
  path: string,
  body: string | Blob | null,
  contentType?: string,
): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      headers: contentType === undefined ? {} : { 'content-type': contentType },
      body,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      throw new ApiError('request.timeout', 'No answer came in time. Try again.');
    throw UNREACHABLE;
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

async function refusalOf(response: Response): Promise<ApiError> {
  const parsed = ErrorEnvelope.safeParse(await readJson(response));
  if (parsed.success) {
    const { code, message, field } = parsed.data.error;
    return new ApiError(code, message, field);
  }
  // A proxy in between answers with pages of its own.
  return response.status >= 502 ? UNREACHABLE : new ApiError('internal', NOT_UNDERSTOOD);
}

/**
 * Calls the API and checks the answer against `schema`.
 * @throws ApiError what the API refused with, `link.unreachable`, `request.timeout`, or `internal` for an answer
 * that breaks the contract.
 */
export async function call<S extends z.ZodType>(
  schema: S,
  method: Method,
  path: string,
  body?: unknown,
): Promise<z.output<S>> {
  const response = await send(method, path, body);
  if (!response.ok) throw await refusalOf(response);
  const parsed = schema.safeParse(await readJson(response));
  if (!parsed.success) throw new ApiError('internal', NOT_UNDERSTOOD);
  return parsed.data;
}

/** Calls the API where only success matters. @throws ApiError as `call` */
export async function act(method: Method, path: string, body?: unknown): Promise<void> {
  const response = await send(method, path, body);
  if (!response.ok) throw await refusalOf(response);
}

/** Sends bytes where only success matters. @throws ApiError as `call` */
export async function sendBytes(method: Method, path: string, bytes: Blob): Promise<void> {
  const response = await transmit(method, path, bytes, 'application/octet-stream');
  if (!response.ok) throw await refusalOf(response);
}
