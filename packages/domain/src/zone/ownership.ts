import type { NodeId } from '../ids.ts';
import { nextEpoch, type Place } from './epoch.ts';

/**
 * Who may open a meeting: the rules of reservation between the two controllers of a zone and the cloud as their witness.
 * Times are milliseconds of one machine's monotonic clock and are never compared between machines.
 */

/**
 * How long a grant may be used, counted from before it was asked for. A controller that was paused meanwhile finds its
 * grant outdated and asks again.
 */
export const grantLeaseMs = 600;
/** How long the grantor keeps its hands off when the other falls silent: the lease and what clocks may differ in it. */
export const promiseMs = 750;
/** A witnessed claim holds this long; a controller that is alone renews those of its meetings. */
export const claimLeaseMs = 10_000;

/** What a controller is doing itself about opening one meeting. */
export interface Attempt {
  /** `ordered`: a router was told, so this attempt gives way to nobody. */
  readonly stage: 'asking' | 'ordered';
  /** The other one asked meanwhile and goes first; what is granted to this attempt is void. */
  readonly yielded: boolean;
}

/** What one controller knows of one meeting. */
export interface Knowledge {
  /** The highest epoch heard of. */
  readonly epoch: number;
  /** Where a router of this controller has it open. */
  readonly place: Place | null;
  readonly attempt: Attempt | null;
  /** Until when the other may be about to open it, should it fall silent. */
  readonly promisedUntilMs: number | null;
}

export const unknownMeeting: Knowledge = { epoch: 0, place: null, attempt: null, promisedUntilMs: null };

export type ReserveAnswer =
  /** Open it by this epoch, if you are quick. */
  | { readonly kind: 'granted'; readonly epoch: number }
  | { readonly kind: 'open'; readonly place: Place }
  /** I am opening it myself; ask again in a moment. */
  | { readonly kind: 'busy' };

export interface ReserveAsk {
  readonly from: NodeId;
  /** The highest epoch the asker has heard of. */
  readonly epoch: number;
  /** Counters to skip, for a router that obeys a far newer order. */
  readonly steps: number;
}

/** The grantor's side. When both want to open, the one whose id sorts first goes first. */
export const answerReserve = (
  knowledge: Knowledge,
  self: NodeId,
  ask: ReserveAsk,
  nowMs: number,
): { readonly answer: ReserveAnswer; readonly next: Knowledge } => {
  const { place, attempt } = knowledge;
  // Even when the asker has heard of a newer decision: an order that came to nothing must not end what runs.
  if (place) return { answer: { kind: 'open', place }, next: knowledge };
  if (attempt && !attempt.yielded && (attempt.stage === 'ordered' || self < ask.from)) {
    return { answer: { kind: 'busy' }, next: knowledge };
  }
  const epoch = nextEpoch(Math.max(knowledge.epoch, ask.epoch), ask.from, ask.steps);
  return {
    answer: { kind: 'granted', epoch },
    next: {
      epoch,
      place,
      attempt: attempt && { ...attempt, yielded: true },
      promisedUntilMs: nowMs + promiseMs,
    },
  };
};

/** What the asker was told: by the peer, or `silent` when it does not answer in time; `none` when the zone has one. */
export type PeerSaid = ReserveAnswer | { readonly kind: 'silent' } | { readonly kind: 'none' };
/** What the witness said; `silent` also when the cloud is away. */
export type WitnessSaid = ClaimAnswer | { readonly kind: 'silent' };

export type NextStep =
  | { readonly kind: 'order'; readonly epoch: number }
  | { readonly kind: 'use'; readonly place: Place }
  | { readonly kind: 'wait' }
  | { readonly kind: 'ask-witness' };

/** The asker's next step after the peer. Must be asked in the very moment of the answer. */
export const afterPeer = (
  knowledge: Knowledge,
  self: NodeId,
  said: PeerSaid,
  { steps, nowMs }: { readonly steps: number; readonly nowMs: number },
): NextStep => {
  // While we asked, a router said that it has it.
  if (knowledge.place) return { kind: 'use', place: knowledge.place };
  switch (said.kind) {
    case 'none':
      return { kind: 'order', epoch: nextEpoch(knowledge.epoch, self, steps) };
    case 'open':
      return { kind: 'use', place: said.place };
    case 'busy':
      return { kind: 'wait' };
    case 'granted':
      if (knowledge.attempt?.yielded) return { kind: 'wait' };
      return { kind: 'order', epoch: Math.max(said.epoch, nextEpoch(knowledge.epoch, self, steps)) };
    case 'silent':
      // It may have been granted to the silent one a moment ago.
      return isPromised(knowledge, nowMs) ? { kind: 'wait' } : { kind: 'ask-witness' };
  }
};

/** The asker's next step after the witness: with nobody left to ask it goes ahead, and the halves merge later. */
export const afterWitness = (
  knowledge: Knowledge,
  self: NodeId,
  said: WitnessSaid,
  { steps }: { readonly steps: number },
): NextStep => {
  if (knowledge.place) return { kind: 'use', place: knowledge.place };
  if (knowledge.attempt?.yielded) return { kind: 'wait' };
  if (said.kind === 'held') return { kind: 'use', place: said.place };
  const own = nextEpoch(knowledge.epoch, self, steps);
  return { kind: 'order', epoch: said.kind === 'granted' ? Math.max(said.epoch, own) : own };
};

const isPromised = ({ promisedUntilMs }: Knowledge, nowMs: number): boolean =>
  promisedUntilMs !== null && nowMs < promisedUntilMs;

/** Whether what was granted may still be acted on: nothing happened since, and no pause of this process. */
export const mayOrder = (knowledge: Knowledge, askedAtMs: number, nowMs: number): boolean =>
  nowMs - askedAtMs <= grantLeaseMs && knowledge.attempt !== null && !knowledge.attempt.yielded;

/** What the witness remembers of one meeting. */
export interface Claim<P extends Place = Place> {
  readonly holder: NodeId;
  readonly place: P;
  readonly untilMs: number;
  /** The other controller, which sees the meeting at the same place. */
  readonly also?: { readonly holder: NodeId; readonly untilMs: number } | undefined;
}

export type ClaimAnswer<P extends Place = Place> =
  | { readonly kind: 'granted'; readonly epoch: number }
  | { readonly kind: 'held'; readonly place: P };

export interface ClaimAsk<P extends Place = Place> {
  readonly from: NodeId;
  readonly place: P;
}

/**
 * The witness: the first of two who do not hear each other, until its claim runs out. Who holds it may renew it. While
 * both see the meeting's router both hold it: who then loses sight of the router may not open the meeting elsewhere.
 */
export const answerClaim = <P extends Place>(
  claim: Claim<P> | null,
  { from, place }: ClaimAsk<P>,
  nowMs: number,
): { readonly answer: ClaimAnswer<P>; readonly next: Claim<P> } => {
  const isSame = claim?.place.routerId === place.routerId && claim.place.epoch === place.epoch;
  const other = claim && [claim, claim.also].find((one) => one && one.holder !== from && nowMs < one.untilMs);
  if (claim && other) {
    const { holder, untilMs } = other;
    const also = isSame ? { holder: from, untilMs: nowMs + claimLeaseMs } : undefined;
    return {
      answer: { kind: 'held', place: claim.place },
      next: { holder, untilMs, place: claim.place, also },
    };
  }
  // Also by who was the second to see it and is the only one by now: a claim of its own would be raised above the epoch
  // the meeting runs by, and whoever sees it there again would not be known as one who does.
  const isBehind = claim !== null && !isSame && claim.place.epoch >= place.epoch;
  const epoch = isBehind ? nextEpoch(claim.place.epoch, from) : place.epoch;
  return {
    answer: { kind: 'granted', epoch },
    next: { holder: from, place: { ...place, epoch }, untilMs: nowMs + claimLeaseMs },
  };
};
