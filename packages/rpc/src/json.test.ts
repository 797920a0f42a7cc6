import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStrictJson, StrictJsonError, type StrictJsonFault } from './json.ts';

function faultOf(text: string, limits = {}): StrictJsonFault | undefined {
  try {
    parseStrictJson(text, limits);
    return undefined;
  } catch (error) {
    if (error instanceof StrictJsonError) return error.fault;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype']);
const key = fc.string({ unit: 'binary' }).filter((text) => !forbidden.has(text));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('parseStrictJson', () => {
  test('reads every valid text as JSON.parse does', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (sample, indent) => {
        const text = JSON.stringify(sample, null, indent);
        expect(parseStrictJson(text, { maxDepth: 1000 })).toEqual(JSON.parse(text));
      }),
    );
  });

  test('never lets pass what JSON.parse refuses, and throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u00e1tnf -'.split('')) }), (text) => {
        const allowed = isJson(text) ? [undefined, 'duplicate-key'] : ['syntax', 'duplicate-key', 'too-deep'];
        expect(allowed).toContain(faultOf(text));
      }),
      { numRuns: 500 },
    );
  });

  test('finds any duplicate key, however deep', () => {
    fc.assert(
      fc.property(key, value, fc.nat(5), (name, inner, depth) => {
        const quoted = JSON.stringify(name);
        const twice = `{${quoted}:${JSON.stringify(inner)},"between ${name.length}":[{}],${quoted}:1}`;
        expect(faultOf(`${'['.repeat(depth)}${twice}${']'.repeat(depth)}`)).toBe('duplicate-key');
      }),
    );
  });

  test('sees through escapes in keys', () => {
    expect(faultOf('{"a":1,"\\u0061":2}')).toBe('duplicate-key');
    expect(faultOf('{"\\u005f_proto__":{}}')).toBe('forbidden-key');
  });

  test.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s but not the text', (name) => {
    expect(faultOf(`[{"x":{"${name}":1}}]`)).toBe('forbidden-key');
    expect(parseStrictJson(`{"text":"${name}"}`)).toEqual({ text: name });
  });

  test('the same key in two objects is fine', () => {
    expect(faultOf('[{"a":{"a":1}},{"a":["a","a"],"b":{"a":2}}]')).toBeUndefined();
  });

  test('counts nesting and bytes at the border', () => {
    expect(faultOf('[[[1]]]', { maxDepth: 3 })).toBeUndefined();
    expect(faultOf('[[[[1]]]]', { maxDepth: 3 })).toBe('too-deep');
    expect(faultOf('['.repeat(1_000_000))).toBe('too-deep');
    expect(faultOf('"é"', { maxBytes: 4 })).toBeUndefined();
    expect(faultOf('"é"', { maxBytes: 3 })).toBe('too-large');
  });

  test('does not repeat the input, which may hold a secret', () => {
    expect(() => parseStrictJson('{"password": hunter2}')).toThrow(/^(?!.*hunter2)/);
  });
});
