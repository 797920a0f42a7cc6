import { z } from 'zod';

const maxCompactDepth = 8;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Depth-bounded, so that a deeply nested message costs nothing; what is deeper is refused by the schema anyway. */
const withoutUndefined = (value: unknown, depth = 0): unknown => {
  if (depth > maxCompactDepth || !isRecord(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutUndefined(item, depth + 1));
  // Entries, not assignment: a key named __proto__ must stay data.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, withoutUndefined(item, depth + 1)]),
  );
};

/** mediasoup-client leaves keys with `undefined` in what it hands out; JSON would drop them, so an in-memory link must too. */
export const asJson = <T extends z.ZodType>(schema: T): z.ZodPreprocess<T> =>
  z.preprocess((value: unknown) => withoutUndefined(value), schema);
