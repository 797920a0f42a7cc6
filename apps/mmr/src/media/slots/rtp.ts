/** What a router reads and writes of an RTP packet (RFC 3550 §5.1): the fixed header, and one header extension. */

const fixedHeaderBytes = 12;
const oneByteProfile = 0xbede;
const markerBit = 0x80;

export const sequenceOf = (packet: Buffer): number => packet.readUInt16BE(2);
export const timestampOf = (packet: Buffer): number => packet.readUInt32BE(4);

/** How far `to` is ahead of `from`, modulo 2^16, in -32768..32767. */
export const sequenceDistance = (from: number, to: number): number => ((to - from) << 16) >> 16;

/** How far `to` is ahead of `from`, modulo 2^32, in -2^31..2^31-1. */
export const timestampDistance = (from: number, to: number): number => (to - from) | 0;

/** Whether there is a whole fixed header: everything below reads without looking again. */
export const isRtp = (packet: Buffer): boolean =>
  packet.length > fixedHeaderBytes && (packet[0] ?? 0) >> 6 === 2;

/**
 * The level of the audio in dBov, -127 (silence) to 0 (RFC 6464), from a one-byte header extension (RFC 8285 §4.2),
 * which is what the worker writes for ids below 15; undefined when the packet has none.
 */
export const audioLevelOf = (packet: Buffer, extensionId: number): number | undefined => {
  const first = packet[0] ?? 0;
  if ((first & 0x10) === 0) return undefined;
  let at = fixedHeaderBytes + (first & 0x0f) * 4;
  if (packet.length < at + 4 || packet.readUInt16BE(at) !== oneByteProfile) return undefined;
  const end = Math.min(packet.length, at + 4 + packet.readUInt16BE(at + 2) * 4);
  at += 4;
  while (at < end) {
    const head = packet[at] ?? 0;
    if (head === 0) {
      at += 1;
      continue;
    }
    const id = head >> 4;
    if (id === 15) return undefined;
    if (id === extensionId && at + 1 < end) return -((packet[at + 1] ?? 0) & 0x7f);
    at += 2 + (head & 0x0f);
  }
  return undefined;
};

export interface RtpNumbers {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  /** The first of a talk spurt (RFC 3551 §4.1): receivers may adapt their buffer there without being heard. */
  readonly marker: boolean;
}

/** Writes the numbers into the packet itself. */
export const renumber = (
  packet: Buffer,
  { ssrc, payloadType, sequence, timestamp, marker }: RtpNumbers,
): void => {
  packet[1] = payloadType | (marker ? markerBit : 0);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
};

export const isMarked = (packet: Buffer): boolean => ((packet[1] ?? 0) & markerBit) !== 0;

/** One frame of 20 ms of digital silence, CELT (RFC 6716 §3.1): it also lets the decoder forget how the last speaker sounded. */
const opusSilence = [0xf8, 0xff, 0xfe];

export const silencePacket = (numbers: RtpNumbers): Buffer => {
  const packet = Buffer.alloc(fixedHeaderBytes + opusSilence.length);
  packet[0] = 0x80;
  renumber(packet, numbers);
  packet.set(opusSilence, fixedHeaderBytes);
  return packet;
};
