import { claimSlot, hear, silentVoice, slotRules, type Voice } from '@guildhall/domain';
import type { Clock, Random } from '@guildhall/kit';
import { audioLevelOf, isRtp, timestampDistance, timestampOf } from './rtp.ts';
import { samplesPerMs, SlotStream, type SlotSink } from './slot-stream.ts';

/** Packets of somebody who may be heard: the tap of a microphone, or a candidate that another router forwards. */
export interface SlotSource {
  readonly id: string;
  /** Id of the audio level extension in its packets; undefined when there is none. */
  readonly audioLevelId: number | undefined;
  /** Each packet is the mixer's to change. Returns how to stop listening. */
  onPacket(listener: (packet: Buffer) => void): () => void;
}

export interface HolderChange {
  readonly slot: number;
  readonly holder: string | undefined;
  readonly before: string | undefined;
}

export interface SlotMixerOptions {
  /** One for each slot. */
  readonly sinks: readonly SlotSink[];
  readonly clock: Clock;
  readonly random: Random;
  /** Called before the first packet of the new holder leaves: what must not be heard can still be stopped. */
  readonly onHolder: (change: HolderChange) => void;
  /** Somebody begins to speak: told with the first packet that is a voice, long before it takes a slot. */
  readonly onVoice?: ((id: string) => void) | undefined;
}

interface Candidate {
  readonly id: string;
  readonly source: SlotSource;
  readonly stop: () => void;
  voice: Voice;
  /** The newest timestamp. */
  timestamp: number | undefined;
  slot: number | undefined;
  sinceMs: number;
  /** What came while it was not yet clear whether it is a voice: the first syllable. */
  kept: { readonly packet: Buffer; readonly atMs: number }[];
}

/** The attack and the packet before it: at 20 ms a packet, 80 ms. */
const keptPackets = 4;
const keptMs = 120;
/** What is older than this is not late: the sender began to count anew. */
const latestMs = 2_000;
/** Without a level in the packet its size tells voice from comfort noise: Opus in DTX sends 1 to 3 bytes. */
const quietPacketBytes = 40;
const assumedVoiceDb = -40;

/**
 * Fills K slots with the loudest of any number of candidates. Who may be heard at all is decided by who is added and
 * removed: from the moment `remove` returns, no packet of that candidate leaves.
 */
export class SlotMixer {
  readonly #options: SlotMixerOptions;
  readonly #streams: readonly SlotStream[];
  readonly #candidates = new Map<string, Candidate>();
  readonly #holders: (Candidate | undefined)[];

  constructor(options: SlotMixerOptions) {
    this.#options = options;
    this.#streams = options.sinks.map((sink) => new SlotStream(sink, startNumbers(options.random)));
    this.#holders = options.sinks.map(() => undefined);
  }

  get candidates(): number {
    return this.#candidates.size;
  }

  /** Adding who is there already does nothing. */
  add(source: SlotSource): void {
    if (this.#candidates.has(source.id)) return;
    const candidate: Candidate = {
      id: source.id,
      source,
      stop: source.onPacket((packet) => this.#hear(candidate, packet)),
      voice: silentVoice,
      timestamp: undefined,
      slot: undefined,
      sinceMs: 0,
      kept: [],
    };
    this.#candidates.set(source.id, candidate);
  }

  /** Idempotent. */
  remove(id: string): void {
    const candidate = this.#candidates.get(id);
    if (!candidate) return;
    candidate.stop();
    candidate.kept = [];
    this.#candidates.delete(id);
    if (candidate.slot !== undefined) this.#hand(candidate.slot, undefined);
  }

  holder(slot: number): string | undefined {
    return this.#holders[slot]?.id;
  }

  /** Monotonic; -Infinity for who has not been heard. */
  lastVoicedMs(id: string): number {
    return this.#candidates.get(id)?.voice.lastVoicedMs ?? -Infinity;
  }

  /** Tells nobody. Idempotent. */
  close(): void {
    for (const { stop } of this.#candidates.values()) stop();
    this.#candidates.clear();
    this.#holders.fill(undefined);
  }

  #hear(candidate: Candidate, packet: Buffer): void {
    if (!isRtp(packet) || this.#candidates.get(candidate.id) !== candidate) return;
    const nowMs = this.#options.clock.monotonicMs();
    const spokenMs = spokenSince(candidate, packet);
    const voice = hear(candidate.voice, levelOf(candidate.source, packet), nowMs, spokenMs);
    // A sender whose timestamps stand still in a pause speaks on, as it were; by the time of arrival it begins anew.
    const isNew = voice.voicedMs === 0 || nowMs - candidate.voice.lastVoicedMs > slotRules.spurtGapMs;
    candidate.voice = voice;
    if (isNew && voice.lastVoicedMs === nowMs) this.#options.onVoice?.(candidate.id);
    if (candidate.slot !== undefined) {
      this.#streams[candidate.slot]?.forward(packet, nowMs);
      return;
    }
    candidate.kept.push({ packet, atMs: nowMs });
    if (candidate.kept.length > keptPackets) candidate.kept.shift();
    const slot = claimSlot(candidate, this.#holders, nowMs);
    if (slot !== undefined) this.#hand(slot, candidate);
  }

  #hand(slot: number, to: Candidate | undefined): void {
    const nowMs = this.#options.clock.monotonicMs();
    const stream = this.#streams[slot];
    const from = this.#holders[slot];
    if (from) from.slot = undefined;
    stream?.end(nowMs);
    this.#holders[slot] = to;
    if (to) Object.assign(to, { slot, sinceMs: nowMs });
    this.#options.onHolder({ slot, holder: to?.id, before: from?.id });
    if (!to) return;
    const kept = to.kept.filter(({ atMs }) => nowMs - atMs <= keptMs);
    to.kept = [];
    for (const { packet, atMs } of kept) stream?.forward(packet, atMs);
  }
}

/** By how many ms this was spoken later than the newest before it; 0 for a packet that the network brought too late. */
const spokenSince = (candidate: Candidate, packet: Buffer): number => {
  const timestamp = timestampOf(packet);
  const sinceMs = timestampDistance(candidate.timestamp ?? timestamp, timestamp) / samplesPerMs;
  const isFirst = candidate.timestamp === undefined || sinceMs < -latestMs;
  if (sinceMs > 0 || isFirst) candidate.timestamp = timestamp;
  return isFirst ? Infinity : Math.max(0, sinceMs);
};

const levelOf = ({ audioLevelId }: SlotSource, packet: Buffer): number => {
  const level = audioLevelId === undefined ? undefined : audioLevelOf(packet, audioLevelId);
  return level ?? (packet.length > quietPacketBytes ? assumedVoiceDb : -127);
};

const startNumbers = (random: Random): { sequence: number; timestamp: number } => {
  const bytes = Buffer.from(random.bytes(6));
  return { sequence: bytes.readUInt16BE(0), timestamp: bytes.readUInt32BE(2) };
};
