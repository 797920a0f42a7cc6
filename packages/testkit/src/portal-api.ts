import { type CreateMeetingRequest, ErrorEnvelope, Meeting } from '@guildhall/protocol';
import { z } from 'zod';

export interface RawAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The portal's REST API as a signed-in program uses it. */
export class PortalApi {
  readonly base: string;
  #cookie: string | null = null;

  constructor(base: string) {
    this.base = base;
  }

  async raw(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<RawAnswer> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#cookie === null ? {} : { cookie: this.#cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const set = response.headers.getSetCookie()[0];
    if (set !== undefined) this.#cookie = set.split(';')[0] ?? null;
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** `fetch` as the signed-in person. */
  fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookie !== null) headers.set('cookie', this.#cookie);
    return fetch(url, { ...init, headers });
  }

  async call<T extends z.ZodType>(
    method: string,
    path: string,
    answer: T,
    body?: unknown,
  ): Promise<z.output<T>> {
    const got = await this.raw(method, path, body);
    if (got.status >= 400) {
      const { error } = ErrorEnvelope.parse(got.body);
      throw new Error(`${method} ${path}: ${got.status} ${error.code} ${error.message}`);
    }
    return answer.parse(got.body);
  }

  async signIn(owner: { email: string; password: string }): Promise<void> {
    await this.call('POST', '/api/v1/session', z.unknown(), owner);
  }

  createMeeting(request: CreateMeetingRequest = {}): Promise<Meeting> {
    return this.call('POST', '/api/v1/meetings', Meeting, request);
  }
}
