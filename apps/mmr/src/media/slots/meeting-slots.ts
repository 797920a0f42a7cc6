import type { ParticipantId } from '@guildhall/domain';
import type { Clock, Logger, Random } from '@guildhall/kit';
import { slotParticipantId } from '@guildhall/protocol';
import type { Room, Slot, Tap } from '../../engine/port.ts';
import type { HeardTrack, SentTrack } from '../types.ts';
import { SlotMixer, type HolderChange, type SlotSource } from './mixer.ts';

export interface MeetingSlotsOptions {
  readonly room: Room;
  /** How many voices are heard at once. */
  readonly count: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onHolder: (change: HolderChange) => void;
  readonly onVoice?: ((trackId: string) => void) | undefined;
}

/** The microphone of somebody, once it was unmuted. Closed is what nobody waits for any more. */
interface Tapped {
  tap: Tap | undefined;
  heard: boolean;
}

/** The speaker slots of one meeting in one room, and the taps of its microphones. */
export class MeetingSlots {
  readonly mixer: SlotMixer;
  readonly tracks: readonly HeardTrack[];
  readonly #options: MeetingSlotsOptions;
  readonly #slots: readonly Slot[];
  readonly #tapped = new Map<string, Tapped>();
  #closed = false;

  private constructor(slots: readonly Slot[], options: MeetingSlotsOptions) {
    const { clock, random, onHolder, onVoice } = options;
    this.#slots = slots;
    this.#options = options;
    this.mixer = new SlotMixer({ sinks: slots, clock, random, onHolder, onVoice });
    this.tracks = slots.map((producer, slot) => ({
      trackId: producer.id,
      participantId: slotParticipantId(slot),
      source: 'mic',
      producer,
      slot,
    }));
  }

  /** @throws media.unavailable */
  static async open(options: MeetingSlotsOptions): Promise<MeetingSlots> {
    const { room, count } = options;
    const slots: Slot[] = [];
    try {
      for (let slot = 0; slot < count; slot += 1) slots.push(await room.createSlot(`slot-${slot}`));
    } catch (error) {
      for (const slot of slots) slot.close();
      throw error;
    }
    return new MeetingSlots(slots, options);
  }

  /** This microphone may be heard from now on. Muted ones are not tapped before they are unmuted, so they cost nothing. */
  hear({ trackId }: Pick<SentTrack, 'trackId'>): void {
    const known = this.#tapped.get(trackId);
    if (known) {
      known.heard = true;
      if (known.tap) this.mixer.add(sourceOf(known.tap));
      return;
    }
    const tapped: Tapped = { tap: undefined, heard: true };
    this.#tapped.set(trackId, tapped);
    void this.#tap(trackId, tapped);
  }

  /** Whether this one fills a slot. */
  holds(trackId: string): boolean {
    return this.#slots.some((_, slot) => this.mixer.holder(slot) === trackId);
  }

  /** From the moment this returns no packet of it leaves. The tap stays: a paused producer sends nothing through it. */
  silence(trackId: string): void {
    const known = this.#tapped.get(trackId);
    if (known) known.heard = false;
    this.mixer.remove(trackId);
  }

  /** As `silence`, for good. */
  forget(trackId: string): void {
    this.mixer.remove(trackId);
    this.#tapped.get(trackId)?.tap?.close();
    this.#tapped.delete(trackId);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.mixer.close();
    for (const { tap } of this.#tapped.values()) tap?.close();
    this.#tapped.clear();
    for (const slot of this.#slots) slot.close();
  }

  describe(holderOf: (trackId: string) => ParticipantId | undefined): unknown {
    const holders = this.#slots.map((_, slot) => holderOf(this.mixer.holder(slot) ?? '') ?? null);
    return { holders, tapped: this.#tapped.size, candidates: this.mixer.candidates };
  }

  async #tap(trackId: string, tapped: Tapped): Promise<void> {
    try {
      const tap = await this.#options.room.tap(trackId);
      // Stopped or closed meanwhile.
      if (this.#closed || this.#tapped.get(trackId) !== tapped) return tap.close();
      tapped.tap = tap;
      if (tapped.heard) this.mixer.add(sourceOf(tap));
    } catch (error) {
      if (this.#tapped.get(trackId) === tapped) this.#tapped.delete(trackId);
      const { logger, room } = this.#options;
      if (!room.closed) logger.debug({ err: error, trackId }, 'a microphone was gone before it was tapped');
    }
  }
}

const sourceOf = (tap: Tap): SlotSource => ({
  id: tap.producerId,
  audioLevelId: tap.audioLevelId,
  onPacket: (listener) => tap.onPacket(listener),
});
