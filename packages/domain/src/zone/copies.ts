/**
 * What was stored of the copies of one meeting, and which of it another copy holds already. Two halves of a zone may each
 * have opened the meeting; a controller may have the last acts of a router that died with the other controller. What the
 * copy that goes on does not include is kept until it was told.
 */

/** A copy up to a revision. */
export interface Included {
  readonly epoch: number;
  readonly rev: number;
}

/** What a stored checkpoint says about itself. */
export interface Stored extends Included {
  /** Whose facts it holds besides its own: what it was opened from, and what was merged into it. */
  readonly includes: readonly Included[];
}

export const maxIncluded = 32;
/** Copies that wait to be merged; the oldest are given up first. */
const maxLeftovers = 8;

/** Whether somebody who holds `holder` knows all of `what`. */
export const covers = (holder: Stored, what: Included): boolean =>
  (holder.epoch === what.epoch && holder.rev >= what.rev) ||
  holder.includes.some(({ epoch, rev }) => epoch === what.epoch && rev >= what.rev);

/** The highest revision of each copy, newest copies first. */
export const including = (...lists: readonly (readonly Included[])[]): readonly Included[] => {
  const byEpoch = new Map<number, number>();
  for (const { epoch, rev } of lists.flat()) byEpoch.set(epoch, Math.max(rev, byEpoch.get(epoch) ?? 0));
  return [...byEpoch]
    .map(([epoch, rev]) => ({ epoch, rev }))
    .toSorted((a, b) => b.epoch - a.epoch)
    .slice(0, maxIncluded);
};

export interface Kept<C extends Stored> {
  readonly current: C | null;
  /** Not included in the current one: to be merged into it. */
  readonly leftovers: readonly C[];
}

/**
 * Takes in a checkpoint. Nothing that was stored is forgotten before a newer copy includes it.
 * @param knownEpoch the highest epoch heard of: an older copy must give way even when the newer one has stored nothing yet
 */
export const keep = <C extends Stored>(
  kept: Kept<C>,
  incoming: C,
  knownEpoch: number,
): { readonly kept: Kept<C>; readonly isStale: boolean } => {
  const { current } = kept;
  if (incoming.epoch < knownEpoch) {
    return { kept: withLeftover(kept, incoming), isStale: true };
  }
  if (current?.epoch === incoming.epoch && incoming.rev < current.rev) return { kept, isStale: false };
  const before = current && current.epoch !== incoming.epoch ? withLeftover(kept, current) : kept;
  const leftovers = before.leftovers.filter((one) => !covers(incoming, one));
  return { kept: { current: incoming, leftovers }, isStale: false };
};

const withLeftover = <C extends Stored>(kept: Kept<C>, one: C): Kept<C> => {
  const { current, leftovers } = kept;
  if (current && current !== one && covers(current, one)) return kept;
  if (leftovers.some((other) => covers(other, one))) return kept;
  const others = leftovers.filter((other) => !covers(one, other));
  return { current, leftovers: [...others, one].slice(-maxLeftovers) };
};
