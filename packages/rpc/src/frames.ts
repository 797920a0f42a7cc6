import { z } from 'zod';
import { GuildhallError, type ErrorFacts } from './errors.ts';

/** JSON-RPC 2.0 §4: string or number; we accept what survives a round trip. */
const FrameId = z.union([z.string().max(64), z.int()]);
export type FrameId = z.output<typeof FrameId>;

const RequestFrame = z.object({
  jsonrpc: z.literal('2.0'),
  id: FrameId.optional(),
  method: z.string().max(128),
  params: z.unknown().optional(),
});

const ResultFrame = z.object({ jsonrpc: z.literal('2.0'), id: FrameId, result: z.unknown() });

const ErrorFrame = z.object({
  jsonrpc: z.literal('2.0'),
  id: FrameId.nullable(),
  error: z.object({
    code: z.int(),
    message: z.string().max(2000),
    data: z
      .object({
        code: z.string().max(64),
        field: z.string().max(300).optional(),
        retryAfterMs: z.number().nonnegative().optional(),
        details: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
  }),
});

/** A message which arrived, told apart. */
export type Frame =
  | { kind: 'request'; id: FrameId; method: string; params: unknown }
  | { kind: 'event'; method: string; params: unknown }
  | { kind: 'result'; id: FrameId; result: unknown }
  | { kind: 'error'; id: FrameId | null; error: GuildhallError };

/** JSON-RPC 2.0 §5.1. Ours are all -32000; the registered code is in `data.code`. */
const integerCodes: Record<string, number> = {
  'request.invalid': -32602,
  'request.unknown-method': -32601,
  'request.malformed': -32700,
  'request.too-large': -32700,
  internal: -32603,
};
const OWN_ERROR = -32000;

/** @throws GuildhallError `request.malformed` when it is no JSON-RPC 2.0 message (batches are not served). */
export function readFrame(value: unknown): Frame {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GuildhallError(
      'request.malformed',
      'A message is one JSON-RPC 2.0 object; batches are not served.',
    );
  }
  if ('method' in value) {
    const { id, method, params } = readWith(RequestFrame, value);
    return id === undefined ? { kind: 'event', method, params } : { kind: 'request', id, method, params };
  }
  if ('error' in value) {
    const { id, error } = readWith(ErrorFrame, value);
    const { code = 'internal', ...facts } = error.data ?? {};
    return { kind: 'error', id, error: new GuildhallError(code, error.message, facts) };
  }
  if ('result' in value) {
    const { id, result } = readWith(ResultFrame, value);
    return { kind: 'result', id, result };
  }
  throw new GuildhallError('request.malformed', 'A message has a method, a result or an error.');
}

/** The id to answer to, when a broken message has a readable one. */
export function idOf(value: unknown): FrameId | null {
  const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return FrameId.safeParse(id).data ?? null;
}

function readWith<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const field = read.error.issues[0]?.path.join('.');
  throw new GuildhallError('request.malformed', 'The message is not a JSON-RPC 2.0 message.', { field });
}

export function requestFrame(id: FrameId, method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function eventFrame(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

export function resultFrame(id: FrameId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result: result ?? null });
}

export function errorFrame(id: FrameId | null, error: GuildhallError): string {
  const { code, field, retryAfterMs, details } = error;
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: {
      code: integerCodes[code] ?? OWN_ERROR,
      message: error.message,
      data: { code, field, retryAfterMs, details },
    },
  });
}

/** The refusal of a value by its schema, naming the first wrong field. The value itself is not quoted. */
export function invalid(what: string, error: z.ZodError, facts: ErrorFacts = {}): GuildhallError {
  const issue = error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  const at = field === '' ? what : `${what}: ${field}`;
  return new GuildhallError('request.invalid', `${at} is not valid: ${issue?.message ?? 'wrong value'}.`, {
    ...facts,
    ...(field === '' ? {} : { field }),
  });
}
