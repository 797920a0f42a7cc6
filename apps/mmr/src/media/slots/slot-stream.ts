import {
  isMarked,
  renumber,
  sequenceDistance,
  sequenceOf,
  silencePacket,
  timestampDistance,
  timestampOf,
} from './rtp.ts';

/** Opus always counts 48,000 a second (RFC 7587 §4.1). */
export const samplesPerMs = 48;
/** Browsers send 20 ms in a packet; of a longer last one the silence cuts off what nobody hears. */
const frameSamples = 20 * samplesPerMs;

/** Where the packets of a slot go. */
export interface SlotSink {
  readonly ssrc: number;
  readonly payloadType: number;
  /** The packet belongs to the sink now. */
  send(packet: Buffer): void;
}

/**
 * One stream without a seam, made of the packets of one holder after the other: sequence numbers go on by one where
 * holders change, timestamps advance with real time and never go back. Losses and pauses of a holder stay as they
 * were, so that receivers conceal them as always.
 */
export class SlotStream {
  readonly #sink: SlotSink;
  /** The newest packet that left. */
  #sequence: number;
  #timestamp: number;
  #atMs: number | undefined;
  /** From the holder's numbers to ours; undefined until the first packet of a holder. */
  #offset: { sequence: number; timestamp: number; firstSequence: number } | undefined;

  /** @param start where the numbers begin: random, RFC 3550 §5.1 */
  constructor(sink: SlotSink, start: { readonly sequence: number; readonly timestamp: number }) {
    this.#sink = sink;
    this.#sequence = start.sequence & 0xffff;
    this.#timestamp = start.timestamp >>> 0;
  }

  /** @param atMs when the packet came, on the clock of all calls; may lie a little back for what was kept */
  forward(packet: Buffer, atMs: number): void {
    const isFirst = this.#offset === undefined;
    const sequence = sequenceOf(packet);
    const timestamp = timestampOf(packet);
    this.#offset ??= {
      firstSequence: sequence,
      sequence: this.#sequence + 1 - sequence,
      timestamp: this.#nextTimestamp(atMs) - timestamp,
    };
    // From before this holder's turn: its number belongs to the one before.
    if (sequenceDistance(this.#offset.firstSequence, sequence) < 0) return;
    const ours = (sequence + this.#offset.sequence) & 0xffff;
    const oursAt = (timestamp + this.#offset.timestamp) >>> 0;
    if (sequenceDistance(this.#sequence, ours) > 0) {
      this.#sequence = ours;
      if (timestampDistance(this.#timestamp, oursAt) > 0) this.#timestamp = oursAt;
      this.#atMs = Math.max(this.#atMs ?? atMs, atMs);
    }
    this.#write(packet, ours, oursAt, isFirst || isMarked(packet));
  }

  /** The holder's turn is over: a frame of silence, so that nothing of the last sound is drawn out. */
  end(atMs: number): void {
    if (this.#offset === undefined) return;
    this.#offset = undefined;
    this.#timestamp = this.#nextTimestamp(atMs);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#atMs = atMs;
    const { ssrc, payloadType } = this.#sink;
    const numbers = {
      ssrc,
      payloadType,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      marker: false,
    };
    this.#sink.send(silencePacket(numbers));
  }

  /** At least one frame further, else as far as time has gone. */
  #nextTimestamp(atMs: number): number {
    const passed = Math.round((atMs - (this.#atMs ?? atMs)) * samplesPerMs);
    return (this.#timestamp + Math.max(frameSamples, passed)) >>> 0;
  }

  #write(packet: Buffer, sequence: number, timestamp: number, marker: boolean): void {
    const { ssrc, payloadType } = this.#sink;
    renumber(packet, { ssrc, payloadType, sequence, timestamp, marker });
    this.#sink.send(packet);
  }
}
