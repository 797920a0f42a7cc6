/** Many times what is measured on an idle machine: a limit for what is broken, not for what is slow. */
const patienceMs = 60_000;
const everyMs = 20;

type Something<T> = NonNullable<Exclude<Awaited<T>, false>>;

/**
 * Asks until the answer is something: neither undefined, nor null, nor false.
 * @param seen what was there instead, for the error
 * @throws Error that says what was waited for
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  seen: () => unknown = () => undefined,
): Promise<Something<T>> {
  const givesUpMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isSomething(answer)) return answer;
    if (performance.now() > givesUpMs) {
      const instead = JSON.stringify(seen());
      throw new Error(`${what} did not happen within ${patienceMs} ms${instead ? `: ${instead}` : ''}`);
    }
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
}

const isSomething = <T>(answer: T): answer is T & Something<T> =>
  answer !== undefined && answer !== null && answer !== false;

/** As `until`. @returns ms that it took */
export async function msUntil(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  seen?: () => unknown,
): Promise<number> {
  const begunMs = performance.now();
  await until(what, isSo, seen);
  return Math.round(performance.now() - begunMs);
}
