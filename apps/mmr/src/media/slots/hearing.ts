import { hearingMode, type HearingMode, type ParticipantId, type SlotSwitchRules } from '@guildhall/domain';
import type { Clock, Logger, Random, Timer } from '@guildhall/kit';
import type { Room } from '../../engine/port.ts';
import type { HeardTrack, SentTrack, Voices, VoicesListener } from '../types.ts';
import { MeetingSlots } from './meeting-slots.ts';
import type { HolderChange } from './mixer.ts';

export interface HearingRules extends SlotSwitchRules {
  /** How many slots. */
  readonly slots: number;
}

/** Back to a stream from each below three quarters of `above`. */
export const hearingRules = (above: number, slots: number): HearingRules => ({
  above,
  below: Math.ceil(above * 0.75),
  slots,
});

export interface HearingOptions {
  readonly rules: HearingRules;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** What is sent now. */
  readonly tracks: () => Iterable<SentTrack>;
  /** How people are to be heard changed: every receiver should look again. */
  readonly onMode: () => void;
  readonly onHolder: (
    slot: number,
    who: { now: ParticipantId | undefined; before: ParticipantId | undefined },
  ) => void;
  /** Whether somebody still hears through slots. */
  readonly inUse: () => boolean;
  /** Who cares which voices are heard: the links to other routers. */
  readonly listener?: (() => VoicesListener) | undefined;
}

/** A meeting that shrinks keeps its slots a little: people come back, and after the death of a worker all do. */
const shrinkAfterMs = 10_000;
/** Slots that were opened just now have no holders yet, and nobody is known to speak. */
const settleMs = 1_000;

/**
 * How the people of a meeting hear each other. Above a number of people slots are opened, every receiver sets them up
 * beside what it has and changes over when it is ready; back again the same way, and the slots are closed when the
 * last one has left them. So at every moment everybody hears everybody exactly once.
 */
export class Hearing implements Voices {
  readonly #options: HearingOptions;
  #wanted: HearingMode = 'each';
  #room: Room | undefined;
  #people = 0;
  #slots: MeetingSlots | undefined;
  /** Microphones that are open. What the engine says of them is as old as its last answer, and somebody may have unmuted since. */
  readonly #open = new Set<string>();
  #opening = false;
  #shrinking: Timer | undefined;
  #settling: Timer | undefined;
  #chosen = false;
  #closed = false;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** Slots count once they are there. */
  get mode(): HearingMode {
    return this.#wanted === 'slots' && this.#slots ? 'slots' : 'each';
  }

  get tracks(): readonly HeardTrack[] {
    return this.#slots?.tracks ?? [];
  }

  get chosen(): boolean {
    return this.#chosen;
  }

  get slots(): number {
    return this.#options.rules.slots;
  }

  holds(trackId: string): boolean {
    return this.#slots?.holds(trackId) ?? false;
  }

  lastVoicedMs(trackId: string): number {
    return this.#slots?.mixer.lastVoicedMs(trackId) ?? -Infinity;
  }

  track(trackId: string): HeardTrack | undefined {
    return this.tracks.find((track) => track.trackId === trackId);
  }

  holder(slot: number): ParticipantId | undefined {
    return this.#participantOf(this.#slots?.mixer.holder(slot));
  }

  /** A new room: of the one before nothing is left, but the meeting is as large as it was. */
  enter(room: Room): void {
    this.leave();
    this.#room = room;
    this.#review();
  }

  leave(): void {
    this.#room = undefined;
    this.#open.clear();
    this.#closeSlots();
  }

  peopleChanged(people: number): void {
    this.#people = people;
    this.#decide();
  }

  /** Something is sent, or is not muted any more. */
  hear(track: SentTrack): void {
    if (track.source !== 'mic' || track.producer.closed) return;
    this.#open.add(track.trackId);
    this.#slots?.hear(track);
  }

  /** From the moment this returns nothing of it is heard through a slot. */
  silence(trackId: string): void {
    this.#open.delete(trackId);
    this.#slots?.silence(trackId);
    this.#options.listener?.().voiceGone(trackId);
  }

  forget(trackId: string): void {
    this.#open.delete(trackId);
    this.#slots?.forget(trackId);
    this.#options.listener?.().voiceGone(trackId);
  }

  /** Somebody hears as it should be, or is gone: slots nobody uses any more are closed. */
  settled(): void {
    if (this.#wanted === 'slots' || !this.#slots || this.#options.inUse()) return;
    this.#closeSlots();
  }

  describe(): unknown {
    return this.#slots?.describe((trackId) => this.#participantOf(trackId));
  }

  close(): void {
    this.#closed = true;
    this.#shrinking?.cancel();
    this.leave();
  }

  #decide(): void {
    const { rules, clock } = this.#options;
    const mode = hearingMode(this.#people, this.#wanted, rules);
    if (mode === this.#wanted) {
      this.#shrinking?.cancel();
      this.#shrinking = undefined;
      // They could not be had the last time.
      if (mode === 'slots' && !this.#slots) void this.#openSlots();
    } else if (mode === 'slots') this.#turn(mode);
    else this.#shrinking ??= clock.setTimeout(() => this.#turn(mode), shrinkAfterMs);
  }

  #turn(mode: HearingMode): void {
    this.#shrinking?.cancel();
    this.#shrinking = undefined;
    this.#wanted = mode;
    this.#review();
  }

  #review(): void {
    if (this.#wanted === 'slots' && !this.#slots) {
      void this.#openSlots();
      return;
    }
    this.#options.onMode();
    this.settled();
  }

  async #openSlots(): Promise<void> {
    const room = this.#room;
    if (this.#opening || !room) return;
    this.#opening = true;
    const { rules, clock, random, logger, tracks } = this.#options;
    try {
      const slots = await MeetingSlots.open({
        room,
        count: rules.slots,
        clock,
        random,
        logger,
        onHolder: (change) => this.#holderChanged(change),
        onVoice: (trackId) => this.#options.listener?.().voiceBegan(trackId),
      });
      if (this.#closed || this.#room !== room || this.#wanted !== 'slots') slots.close();
      else {
        this.#slots = slots;
        for (const track of tracks()) if (this.#open.has(track.trackId)) this.hear(track);
        this.#options.onMode();
        this.#settling = clock.setTimeout(() => this.#choose(true), settleMs);
      }
    } catch (error) {
      // The next one who comes tries again; until then everybody is heard as before.
      if (!room.closed) logger.warn({ err: error }, 'the speaker slots of a meeting could not be opened');
    }
    this.#opening = false;
    if (!this.#closed && this.#room && this.#room !== room) this.#review();
  }

  #closeSlots(): void {
    this.#settling?.cancel();
    this.#slots?.close();
    this.#slots = undefined;
    if (this.#chosen) this.#choose(false);
  }

  #choose(chosen: boolean): void {
    this.#chosen = chosen;
    this.#options.listener?.().voicesChosen();
  }

  #holderChanged({ slot, holder, before }: HolderChange): void {
    if (holder !== undefined) this.#options.listener?.().voiceHeld(holder);
    this.#options.onHolder(slot, { now: this.#participantOf(holder), before: this.#participantOf(before) });
  }

  #participantOf(trackId: string | undefined): ParticipantId | undefined {
    if (trackId === undefined) return undefined;
    for (const track of this.#options.tracks()) if (track.trackId === trackId) return track.participantId;
    return undefined;
  }
}
