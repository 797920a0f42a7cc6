import { ErrorEnvelope } from '@guildhall/protocol';
import type { z } from 'zod';

/** A refusal by a server, in its own words. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A REST client that keeps the session cookie: what `up` does, it does through the public API like anybody else. */
export class ApiClient {
  readonly #base: string;
  #cookie: string | null = null;

  constructor(base: string) {
    this.#base = base;
  }

  /**
   * @throws ApiError when the server refuses; the fetch error when it cannot be reached
   */
  async call<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    answer: T,
    body?: unknown,
  ): Promise<z.output<T>> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.#cookie !== null) headers['cookie'] = this.#cookie;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const set = response.headers.getSetCookie()[0];
    if (set !== undefined) this.#cookie = set.split(';')[0] ?? null;
    const text = await response.text();
    const json: unknown = text === '' ? {} : JSON.parse(text);
    if (!response.ok) {
      const { error } = ErrorEnvelope.parse(json);
      throw new ApiError(response.status, error.code, error.message);
    }
    return answer.parse(json);
  }
}
