import type { MeetingId, ReserveAnswer } from '@guildhall/domain';
import type { OpenPlace } from '@guildhall/protocol';

/** What the other controller answered; with the addresses of the place, if there is one. */
export type PeerAnswer =
  | Exclude<ReserveAnswer, { kind: 'open' }>
  | { readonly kind: 'open'; readonly place: OpenPlace }
  | { readonly kind: 'silent' }
  /** This zone has one controller. */
  | { readonly kind: 'none' };

/** The other controller, as a reservation needs it. */
export interface PeerPort {
  reserve(ask: { meetingId: MeetingId; epoch: number; steps: number }): Promise<PeerAnswer>;
  /** Whether there is another controller and it does not answer. */
  readonly isAlone: boolean;
  /** Told when the other controller fell silent or answers again. Returns how to stop. */
  onChange(callback: () => void): () => void;
}

export type WitnessAnswer =
  | { readonly kind: 'granted'; readonly epoch: number }
  | { readonly kind: 'held'; readonly place: OpenPlace }
  | { readonly kind: 'silent' };

/** The cloud, while the other controller does not answer. */
export interface WitnessPort {
  /** One answer for each claim, in order. Never rejects. */
  claim(claims: readonly { meetingId: MeetingId; place: OpenPlace }[]): Promise<readonly WitnessAnswer[]>;
}
