/**
 * Who is heard in a large meeting: K speaker slots instead of a stream from each to each. Pure rules; the router's
 * mixer asks them with every packet. Levels are dBov (RFC 6464): 0 is the loudest, -127 is silence.
 */

/** each: a stream from everybody; slots: K streams, filled with those who speak. */
export type HearingMode = 'each' | 'slots';

export interface SlotSwitchRules {
  /** Slots are used when more people than this are in the meeting ... */
  readonly above: number;
  /** ... until fewer than this are: the gap keeps a meeting of thirteen from turning back and forth. */
  readonly below: number;
}

/** How people are to be heard, given how it was before. */
export const hearingMode = (
  people: number,
  before: HearingMode,
  { above, below }: SlotSwitchRules,
): HearingMode => ((before === 'slots' ? people >= below : people > above) ? 'slots' : 'each');

export interface SlotRules {
  /** From this level on it is a voice; below are breath, fans and keyboards. */
  readonly voiceDb: number;
  /** Voice for this long takes a slot nobody speaks in: one click of a microphone does not. */
  readonly attackMs: number;
  /** A pause longer than this ends a talk spurt. */
  readonly spurtGapMs: number;
  /** Whoever has been silent for this long may be replaced: pauses between sentences are shorter. */
  readonly holdMs: number;
  /** To replace somebody who speaks, one must have spoken for this long (no cough is as long) ... */
  readonly challengeMs: number;
  /** ... and be louder by this much, so that equal speakers stay ... */
  readonly marginDb: number;
  /** ... and the other must have had the slot for this long. */
  readonly minHoldMs: number;
}

export const slotRules: SlotRules = {
  voiceDb: -50,
  attackMs: 40,
  spurtGapMs: 250,
  holdMs: 1_200,
  challengeMs: 800,
  marginDb: 6,
  minHoldMs: 2_000,
};

/** What is remembered of how somebody sounds. */
export interface Voice {
  /** Smoothed level, dBov. */
  readonly loudnessDb: number;
  /** How much of the present talk spurt was voice. */
  readonly voicedMs: number;
  /** When the last packet with voice came. */
  readonly lastVoicedMs: number;
  readonly lastPacketMs: number;
  /** How much was spoken since the last packet with voice, that one excluded. */
  readonly silentMs: number;
}

const silenceDb = -127;
/** Longer than a syllable, shorter than a sentence. */
const smoothingMs = 300;

export const silentVoice: Voice = {
  loudnessDb: silenceDb,
  voicedMs: 0,
  lastVoicedMs: -Infinity,
  lastPacketMs: -Infinity,
  silentMs: Infinity,
};

/**
 * The voice after one more packet. `nowMs` never goes back.
 * @param sincePacketMs how much later than the packet before this one was spoken. On a busy machine packets come in
 *   heaps, with nothing between those of one heap and a long time to the next: by their arrival nobody would speak.
 */
export const hear = (
  voice: Voice,
  levelDb: number,
  nowMs: number,
  sincePacketMs: number = nowMs - voice.lastPacketMs,
  rules: SlotRules = slotRules,
): Voice => {
  // After a pause without packets (DTX) the old loudness says nothing any more.
  const weight = sincePacketMs > rules.spurtGapMs ? 1 : 1 - Math.exp(-sincePacketMs / smoothingMs);
  const loudnessDb = voice.loudnessDb + weight * (levelDb - voice.loudnessDb);
  const silentMs = voice.silentMs + sincePacketMs;
  const sameSpurt = silentMs <= rules.spurtGapMs;
  if (levelDb < rules.voiceDb)
    return {
      loudnessDb,
      voicedMs: sameSpurt ? voice.voicedMs : 0,
      lastVoicedMs: voice.lastVoicedMs,
      lastPacketMs: nowMs,
      silentMs,
    };
  const voicedMs = sameSpurt ? voice.voicedMs + sincePacketMs : 0;
  return { loudnessDb, voicedMs, lastVoicedMs: nowMs, lastPacketMs: nowMs, silentMs: 0 };
};

export interface SlotHolder {
  readonly id: string;
  /** Since when the slot is theirs. */
  readonly sinceMs: number;
  readonly voice: Voice;
}

/**
 * The slot somebody who speaks now may take, if any: one nobody has, else the one whose holder is silent for longest,
 * else that of a clearly quieter speaker. Somebody who has a slot gets no second one.
 * @param holders one entry for each slot
 */
export const claimSlot = (
  claimant: { readonly id: string; readonly voice: Voice },
  holders: readonly (SlotHolder | undefined)[],
  nowMs: number,
  rules: SlotRules = slotRules,
): number | undefined => {
  const { id, voice } = claimant;
  if (voice.lastVoicedMs < nowMs || voice.voicedMs < rules.attackMs) return undefined;
  let silent: { slot: number; lastVoicedMs: number } | undefined;
  let quietest: { slot: number; loudnessDb: number } | undefined;
  let empty: number | undefined;
  for (const [slot, holder] of holders.entries()) {
    if (holder === undefined) {
      empty ??= slot;
      continue;
    }
    if (holder.id === id) return undefined;
    const { lastVoicedMs, loudnessDb } = holder.voice;
    if (nowMs - lastVoicedMs >= rules.holdMs) {
      if (!silent || lastVoicedMs < silent.lastVoicedMs) silent = { slot, lastVoicedMs };
    } else if (nowMs - holder.sinceMs >= rules.minHoldMs) {
      if (!quietest || loudnessDb < quietest.loudnessDb) quietest = { slot, loudnessDb };
    }
  }
  if (empty !== undefined) return empty;
  if (silent) return silent.slot;
  if (!quietest || voice.voicedMs < rules.challengeMs) return undefined;
  return voice.loudnessDb >= quietest.loudnessDb + rules.marginDb ? quietest.slot : undefined;
};
