import { ErrorEnvelope } from '@guildhall/protocol';
import type { z } from 'zod';

/** Longest wait for an answer before the page says so. */
const defaultDeadlineMs = 15_000;
const bytesType = 'application/octet-stream';
const notUnderstood = 'The server gave an answer this page does not understand. Reload the page.';

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

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RestClient {
  /**
   * Calls the API and checks the answer against `schema`.
   * @throws ApiError what the API refused with, `link.unreachable`, `request.timeout`, or `internal` for an answer
   * that breaks the contract.
   */
  readonly call: <S extends z.ZodType>(
    schema: S,
    method: Method,
    path: string,
    body?: unknown,
  ) => Promise<z.output<S>>;
  /** Calls the API where only success matters. @throws ApiError as `call` */
  readonly act: (method: Method, path: string, body?: unknown) => Promise<void>;
  /** Sends bytes where only success matters. @throws ApiError as `call` */
  readonly sendBytes: (method: Method, path: string, bytes: Blob) => Promise<void>;
}

const readJson = async (response: Response): Promise<unknown> => {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
};

/** The REST client of a page for the API that serves it, under `/api/v1` of the same origin. */
export const createRestClient = (options: {
  /** What to tell a person when nothing answers: what could not be reached, and what to do. */
  readonly unreachable: string;
  readonly fetch?: typeof fetch;
  readonly deadlineMs?: number;
}): RestClient => {
  const send = async (method: Method, path: string, body: unknown): Promise<Response> => {
    try {
      return await (options.fetch ?? fetch)(`/api/v1${path}`, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        headers:
          body === undefined ? {} : { 'content-type': body instanceof Blob ? bytesType : 'application/json' },
        body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(options.deadlineMs ?? defaultDeadlineMs),
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'TimeoutError')
        throw new ApiError('request.timeout', 'No answer came in time. Try again.');
      throw new ApiError('link.unreachable', options.unreachable);
    }
  };
  const refusalOf = async (response: Response): Promise<ApiError> => {
    const parsed = ErrorEnvelope.safeParse(await readJson(response));
    if (parsed.success) {
      const { code, message, field } = parsed.data.error;
      return new ApiError(code, message, field);
    }
    // A proxy in between answers with pages of its own.
    return response.status >= 502
      ? new ApiError('link.unreachable', options.unreachable)
      : new ApiError('internal', notUnderstood);
  };
  const granted = async (method: Method, path: string, body: unknown): Promise<Response> => {
    const response = await send(method, path, body);
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  return {
    call: async (schema, method, path, body) => {
      const parsed = schema.safeParse(await readJson(await granted(method, path, body)));
      if (!parsed.success) throw new ApiError('internal', notUnderstood);
      return parsed.data;
    },
    act: async (method, path, body) => {
      await granted(method, path, body);
    },
    sendBytes: async (method, path, bytes) => {
      await granted(method, path, bytes);
    },
  };
};
