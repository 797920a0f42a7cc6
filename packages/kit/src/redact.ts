import { z } from 'zod';
import { defOf, innerOf, isSecretSchema, shapeOf } from './config/schema.ts';

const MASK = '[redacted]';
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_TEXT = 4_000;

/** Names under which secrets travel, whatever object they are in; `d` is the private part of a JWK (RFC 7518 §6.2.2). */
const secretName =
  /pass(word|code|phrase)|secret|credential|token|authorization|cookie|private.?key|key.?pem|^(jwk|seat|ticket|rejoin|otp|pin|d)$|api.?key/i;
/** Names which match the above and are harmless and useful. */
const harmlessName = /(Id|Ms|Count|At|Required|Length)$/;
const jwt = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
/** A passcode in a join link's fragment or query. */
const linkSecret = /([?#&](?:pwd|passcode|token|code)=)[^&\s"']+/gi;

/** Masks what looks like a token, a credential or a passcode in a link. */
export function maskText(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return short.replace(jwt, MASK).replace(bearer, `$1 ${MASK}`).replace(linkSecret, `$1${MASK}`);
}

/** A function which copies anything for the log: secrets masked, errors opened, depth and size bounded. */
export function createRedactor(
  secretKeys: readonly string[] = [],
): (facts: object) => Record<string, unknown> {
  const marked = new Set(secretKeys);
  const isSecret = (name: string): boolean =>
    marked.has(name) || (secretName.test(name) && !harmlessName.test(name));

  const copy = (value: unknown, depth: number, seen: readonly object[]): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return value;
    if (seen.includes(value)) return '[circular]';
    if (depth >= MAX_DEPTH) return '[deep]';
    const path = [...seen, value];
    if (value instanceof Error) return copyError(value, depth, path);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => copy(item, depth + 1, path));
    return copyEntries(value, depth, path);
  };
  const copyEntries = (value: object, depth: number, path: readonly object[]): Record<string, unknown> => {
    const entries = Object.entries(value).slice(0, MAX_ITEMS);
    return Object.fromEntries(
      entries.map(([name, item]) => {
        const hide = isSecret(name) && item !== undefined && item !== null && typeof item !== 'boolean';
        return [name, hide ? MASK : copy(item, depth + 1, path)];
      }),
    );
  };
  const copyError = (error: Error, depth: number, path: readonly object[]): Record<string, unknown> => ({
    type: error.name,
    message: maskText(error.message),
    ...(error.stack !== undefined && { stack: maskText(error.stack) }),
    ...copyEntries(error, depth, path),
    ...(error.cause !== undefined && { cause: copy(error.cause, depth + 1, path) }),
  });
  return (facts) => {
    const copied = copy(facts, 0, []);
    return isRecord(copied) ? copied : { value: copied };
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names of all fields marked `sensitivity: 'secret'` in a schema, at any depth; for the logger's `secretKeys`. */
export function secretKeysOf(schema: z.core.$ZodType): string[] {
  const found = new Set<string>();
  const visited = new Set<z.core.$ZodType>();
  const visit = (node: z.core.$ZodType): void => {
    if (visited.has(node)) return;
    visited.add(node);
    for (const [name, field] of Object.entries(shapeOf(node) ?? {})) {
      if (isSecretSchema(field)) found.add(name);
      visit(field);
    }
    const def = defOf(node);
    const children = ['element', 'valueType', 'left', 'right', 'out'].map((part) => Reflect.get(def, part));
    const options: unknown = Reflect.get(def, 'options');
    for (const child of [innerOf(node), ...children, ...(Array.isArray(options) ? options : [])]) {
      if (child instanceof z.core.$ZodType) visit(child);
    }
  };
  visit(schema);
  return [...found];
}
