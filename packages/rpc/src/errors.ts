/** What a refusal may carry besides its code and its sentence. */
export interface ErrorFacts {
  /** Path of the wrong field, dotted (`profile.name`). */
  field?: string | undefined;
  /** When a retry makes sense, in milliseconds from now. */
  retryAfterMs?: number | undefined;
  /** Further facts for the other side. Never a secret, never a stack trace. */
  details?: Record<string, unknown> | undefined;
  /** For the log only; never crosses a border. */
  cause?: unknown;
}

/**
 * The one error which may cross a border: a registered code and a sentence which says what happened, to what, and
 * what to do. Everything else thrown by a handler becomes `internal` there.
 */
export class GuildhallError extends Error {
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'GuildhallError';
    this.code = code;
    this.field = facts.field;
    this.retryAfterMs = facts.retryAfterMs;
    this.details = facts.details;
  }
}

/** True for a {@link GuildhallError}, optionally of one given code. */
export function isGuildhallError(error: unknown, code?: string): error is GuildhallError {
  return error instanceof GuildhallError && (code === undefined || error.code === code);
}

/** Codes which this package raises by itself, on any request of any contract. */
export const linkErrorCodes = [
  'internal',
  'link.closed',
  'link.refused',
  'link.unreachable',
  'rate.limited',
  'request.cancelled',
  'request.invalid',
  'request.malformed',
  'request.timeout',
  'request.too-large',
  'request.unknown-method',
] as const;
