import type { NodeId, RouterId } from '../ids.ts';

/**
 * Epochs of two controllers must never be equal, for the higher one wins. So each controller counts in steps of its own:
 * an epoch is a counter times 4,096 plus the controller's number. Rejected: a pair (counter, controller) on the wire,
 * which every router and every stored checkpoint would have to learn.
 */
const stripes = 4_096;

/** 0 to 4,095, the same for ever: FNV-1a of the id. Two of one zone share one once in 4,096 pairs; then `isNewer` decides. */
const stripeOf = (controllerId: NodeId): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < controllerId.length; at++) {
    hash = Math.imul(hash ^ controllerId.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % stripes;
};

/**
 * The next epoch this controller may give out.
 * @param known the highest it has heard of, from whomever; 0 for none
 * @param steps more than 1 to get ahead of a router that may have seen far more than a controller without its disk
 */
export const nextEpoch = (known: number, controllerId: NodeId, steps = 1): number =>
  (Math.floor(known / stripes) + steps) * stripes + stripeOf(controllerId);

/** Where a meeting is open, by which decision. */
export interface Place {
  readonly routerId: RouterId;
  readonly epoch: number;
}

/**
 * Which of two copies of a meeting goes on. Only by what both carry with them, so that whoever sees both decides the
 * same without asking anybody. Rejected: the copy with more people; the numbers change while they are compared.
 */
export const isNewer = (one: Place, other: Place): boolean =>
  one.epoch === other.epoch ? one.routerId > other.routerId : one.epoch > other.epoch;
