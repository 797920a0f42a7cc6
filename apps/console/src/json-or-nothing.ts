/** What a text says as JSON, for a schema to look at; undefined when it is none. */
export function jsonOrNothing(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
