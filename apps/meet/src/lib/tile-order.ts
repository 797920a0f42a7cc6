/** Who stands where: kept from one moment to the next, so that nobody jumps when somebody speaks. */
export interface TileOrder {
  readonly ids: readonly string[];
  /** Turns of speech, counted from 1: who has the higher number spoke later. */
  readonly turns: ReadonlyMap<string, number>;
}

export const emptyOrder: TileOrder = { ids: [], turns: new Map() };

/**
 * The next order: those who left go, newcomers come last, and the one who speaks is brought to the first page only from
 * a later one, changing places with whoever there has been silent longest. A pure function, and the same object when
 * nothing changes.
 */
export const nextOrder = (
  before: TileOrder,
  present: readonly string[],
  speaker: string | null,
  pageSize: number,
): TileOrder => {
  const here = new Set(present);
  const kept = before.ids.filter((id) => here.has(id));
  const known = new Set(kept);
  const ids = [...kept, ...present.filter((id) => !known.has(id))];
  const turns = new Map([...before.turns].filter(([id]) => here.has(id)));
  const isNewSpeaker = speaker !== null && here.has(speaker) && latest(before.turns) !== speaker;
  if (speaker !== null && isNewSpeaker) {
    turns.set(speaker, Math.max(0, ...turns.values()) + 1);
    const from = ids.indexOf(speaker);
    if (from >= pageSize && pageSize > 0) {
      const quiet = quietest(ids.slice(0, pageSize), turns);
      const other = ids[quiet];
      if (other !== undefined) {
        ids[quiet] = speaker;
        ids[from] = other;
      }
    }
  }
  const same =
    !isNewSpeaker && ids.length === before.ids.length && ids.every((id, index) => id === before.ids[index]);
  return same ? before : { ids, turns };
};

const latest = (turns: ReadonlyMap<string, number>): string | undefined =>
  [...turns].toSorted((a, b) => b[1] - a[1])[0]?.[0];

/** Index of who has been silent longest; the last of equals, for the first have been there longest. */
const quietest = (ids: readonly string[], turns: ReadonlyMap<string, number>): number => {
  let found = 0;
  for (const [index, id] of ids.entries()) {
    if ((turns.get(id) ?? 0) <= (turns.get(ids[found] ?? '') ?? 0)) found = index;
  }
  return found;
};
