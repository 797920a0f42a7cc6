/** Why a text was refused by {@link parseStrictJson}. */
export type StrictJsonFault = 'syntax' | 'too-large' | 'too-deep' | 'duplicate-key' | 'forbidden-key';

/** Thrown by {@link parseStrictJson}. The message never quotes more than a short key of the input. */
export class StrictJsonError extends Error {
  readonly fault: StrictJsonFault;
  /** Position in the text, in UTF-16 units. */
  readonly offset: number;

  constructor(fault: StrictJsonFault, message: string, offset: number) {
    super(message);
    this.name = 'StrictJsonError';
    this.fault = fault;
    this.offset = offset;
  }
}

export interface StrictJsonLimits {
  /** Nesting of arrays and objects; default 32. */
  maxDepth?: number;
  /** Size in UTF-8; default 1 MiB. */
  maxBytes?: number;
}

const defaultMaxDepth = 32;
const defaultMaxBytes = 1024 * 1024;
/** Keys by which a parsed object could change the behaviour of code which copies it. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_QUOTED_KEY = 40;

/**
 * JSON.parse (RFC 8259) which also refuses what JSON.parse lets through: duplicate keys (the two ends of a link could
 * read a different one), deep nesting, prototype keys and oversize. One pass over the text before the parse, so that a
 * hostile text costs no objects.
 *
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string, limits: StrictJsonLimits = {}): unknown {
  const maxBytes = limits.maxBytes ?? defaultMaxBytes;
  if (isLongerThan(text, maxBytes)) {
    throw new StrictJsonError('too-large', `The message is larger than ${maxBytes} bytes.`, 0);
  }
  scan(text, limits.maxDepth ?? defaultMaxDepth);
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // V8's own message quotes the input, which may hold a secret.
    throw new StrictJsonError('syntax', 'The message is not valid JSON.', 0);
  }
}

/** Whether the text takes more than `maxBytes` in UTF-8, without encoding it when its length already tells. */
export function isLongerThan(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  if (text.length * 3 <= maxBytes) return false;
  return new TextEncoder().encode(text).length > maxBytes;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** The scanner needs to be exact for valid JSON only; on anything else JSON.parse refuses afterwards. */
function scan(text: string, maxDepth: number): void {
  const keysOfOpen: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      const end = endOfString(text, at);
      const keys = keysOfOpen.at(-1);
      if (expectsKey && keys) {
        checkKey(text.slice(at, end + 1), keys, at);
        expectsKey = false;
      }
      at = end;
    } else if (unit === OPEN_OBJECT || unit === OPEN_ARRAY) {
      keysOfOpen.push(unit === OPEN_OBJECT ? new Set() : null);
      expectsKey = unit === OPEN_OBJECT;
      if (keysOfOpen.length > maxDepth) {
        throw new StrictJsonError('too-deep', `The message is nested deeper than ${maxDepth} levels.`, at);
      }
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) {
      keysOfOpen.pop();
      expectsKey = false;
    } else if (unit === COMMA) {
      expectsKey = keysOfOpen.at(-1) instanceof Set;
    }
  }
}

/** Index of the closing quote, or of the end of an unterminated text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at;
    at += unit === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

function checkKey(literal: string, keys: Set<string>, offset: number): void {
  const key = unescapeKey(literal, offset);
  if (forbiddenKeys.has(key)) {
    throw new StrictJsonError('forbidden-key', `The key "${key}" is not allowed.`, offset);
  }
  if (keys.has(key)) {
    const quoted = JSON.stringify(key.slice(0, MAX_QUOTED_KEY));
    throw new StrictJsonError('duplicate-key', `The key ${quoted} occurs twice in one object.`, offset);
  }
  keys.add(key);
}

function unescapeKey(literal: string, offset: number): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    throw new StrictJsonError('syntax', 'The message is not valid JSON.', offset);
  }
}
