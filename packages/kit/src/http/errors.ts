import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import { z } from 'zod';

/** The registry of packages/protocol conforms; this package does not know it. */
export type ErrorTable = Readonly<Record<string, { readonly http: number; readonly sentence: string }>>;

/** Body of every refusal. */
export interface ErrorEnvelope {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly field?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly details?: Record<string, unknown> | undefined;
    readonly requestId?: string | undefined;
  };
}

/** What Fastify and its plug-ins throw; only these parts of it are looked at. */
const FrameworkError = z.object({
  code: z.string().optional(),
  statusCode: z.int().optional(),
  validation: z
    .array(z.object({ instancePath: z.string().optional(), message: z.string().optional() }))
    .optional(),
  validationContext: z.string().optional(),
});

const byFrameworkCode: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.unsupported-type',
  FST_ERR_BAD_URL: 'not-found',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
};
const byStatus: Readonly<Record<number, string>> = {
  404: 'not-found',
  405: 'request.method-not-allowed',
  413: 'request.too-large',
  415: 'request.unsupported-type',
  429: 'rate.limited',
};

/**
 * Whatever was thrown while a request was served, as a registered error; undefined when it is our own fault, which the
 * caller logs and answers as `internal`. Texts of the framework are not passed on: they are not written for people.
 */
export function toRegistered(error: unknown, table: ErrorTable): GuildhallError | undefined {
  if (isGuildhallError(error)) return Object.hasOwn(table, error.code) ? error : undefined;
  const read = FrameworkError.safeParse(error);
  if (!read.success) return undefined;
  const { code, statusCode, validation, validationContext } = read.data;
  if (validation) return invalidRequest(validation[0], validationContext);
  if (statusCode === undefined || statusCode >= 500 || statusCode < 400) return undefined;
  const registered =
    (code === undefined ? undefined : byFrameworkCode[code]) ?? byStatus[statusCode] ?? 'request.invalid';
  return new GuildhallError(registered, table[registered]?.sentence ?? 'The request was refused.');
}

function invalidRequest(
  issue: { instancePath?: string | undefined; message?: string | undefined } | undefined,
  context = 'body',
): GuildhallError {
  const path = (issue?.instancePath ?? '').split('/').filter((part) => part !== '');
  const field = path.join('.');
  const rule = issue?.message ?? 'wrong value';
  const where = field === '' ? (context === 'body' ? 'The request' : `The ${context}`) : field;
  return new GuildhallError(
    'request.invalid',
    `${where} is not valid: ${rule.replace(/^Invalid input: /, '')}.`,
    {
      ...(field !== '' && { field }),
    },
  );
}

/** The body which tells the caller. */
export function envelopeOf(error: GuildhallError, requestId?: string): ErrorEnvelope {
  const { code, message, field, retryAfterMs, details } = error;
  return { error: { code, message, field, retryAfterMs, details, requestId } };
}
