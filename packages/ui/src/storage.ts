/**
 * Choices that belong to this browser only (appearance, language). Storage may be absent or refuse
 * (private windows, blocked site data): a choice then lasts as long as the page.
 */
const memory = new Map<string, string>();

/** The stored value of `key`, or undefined. Never throws. */
export function readChoice(key: string): string | undefined {
  try {
    return window.localStorage.getItem(key) ?? memory.get(key);
  } catch {
    return memory.get(key);
  }
}

/** Keeps `value` under `key` for as long as the browser allows. Never throws. */
export function writeChoice(key: string, value: string): void {
  memory.set(key, value);
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // Kept in memory above.
  }
}
