import type { z } from 'zod';

/** How a message of the other side is read. */
export type ReadMessage = <T extends z.ZodType>(
  schema: T,
  value: unknown,
) => z.ZodSafeParseResult<z.output<T>>;

/** Unknown fields within fields that were unknown themselves are gone with those; more rounds than this help nothing. */
const maxRounds = 4;

/**
 * Reads what came over a link whose two ends may be of different versions: fields this version does not know are taken
 * out, everything else is as strict as the schema is. On the way in only: what is sent is checked by the schema as it is.
 *
 * Done on the message and not on the schemas: a copy of every schema that is open at every depth would have to know all
 * kinds of schemas there are, and who knows all fields pays nothing here.
 * @param value what was parsed from the message; unknown fields are deleted from it
 */
export function readOpen<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  let read = schema.safeParse(value);
  for (let round = 0; round < maxRounds && !read.success; round++) {
    const unknown = unknownFields(read.error.issues);
    if (!unknown) return read;
    for (const { path, keys } of unknown) drop(value, path, keys);
    read = schema.safeParse(value);
  }
  return read;
}

type Issue = z.core.$ZodIssue;
interface Unknown {
  readonly path: readonly PropertyKey[];
  readonly keys: readonly string[];
}

/** Undefined when anything else is wrong, too. */
function unknownFields(issues: readonly Issue[], at: readonly PropertyKey[] = []): Unknown[] | undefined {
  const found: Unknown[] = [];
  for (const issue of issues) {
    const path = [...at, ...issue.path];
    if (issue.code === 'unrecognized_keys') found.push({ path, keys: issue.keys });
    else if (issue.code === 'invalid_union') {
      // Of an alternative that fits but for unknown fields, those. Another one may fit as well; the first is taken.
      const fitting = issue.errors.map((ofOne) => unknownFields(ofOne, path)).find((one) => one?.length);
      if (!fitting) return undefined;
      found.push(...fitting);
    } else return undefined;
  }
  return found;
}

function drop(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return;
    at = Reflect.get(at, step);
  }
  if (typeof at !== 'object' || at === null) return;
  for (const key of keys) Reflect.deleteProperty(at, key);
}
