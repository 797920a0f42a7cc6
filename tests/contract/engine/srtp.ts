import { createCipheriv } from 'node:crypto';

/** Protects RTP packets with AEAD_AES_256_GCM (RFC 7714), so that a test can speak on a pipe like another router. */
export const protector = (keyBase64: string): ((packet: Buffer) => Buffer) => {
  const master = Buffer.from(keyBase64, 'base64');
  const derive = (label: number, length: number): Buffer => {
    // RFC 3711 §4.3.3 with a salt of 96 bits, filled up with zeros (RFC 7714 §11).
    const iv = Buffer.alloc(16);
    master.copy(iv, 0, 32, 44);
    iv[7] = (iv[7] ?? 0) ^ label;
    return createCipheriv('aes-256-ctr', master.subarray(0, 32), iv).update(Buffer.alloc(length));
  };
  const key = derive(0, 32);
  const salt = derive(2, 12);
  return (packet) => {
    const nonce = Buffer.alloc(12);
    packet.copy(nonce, 2, 8, 12);
    packet.copy(nonce, 10, 2, 4);
    for (const [index, byte] of salt.entries()) nonce[index] = (nonce[index] ?? 0) ^ byte;
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const header = packet.subarray(0, headerBytes(packet));
    cipher.setAAD(header);
    return Buffer.concat([
      header,
      cipher.update(packet.subarray(header.length)),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  };
};

/** The fixed header, and an extension if there is one; both stay readable. */
const headerBytes = (packet: Buffer): number =>
  ((packet[0] ?? 0) & 0x10) === 0 ? 12 : 16 + packet.readUInt16BE(14) * 4;

/** The same with its level, -127 to 0 dBov, in a one-byte header extension of this id (RFC 6464, RFC 8285 §4.2). */
export const voicePacket = (
  payloadType: number,
  ssrc: number,
  sequence: number,
  { levelDb, extensionId }: { levelDb: number; extensionId: number },
): Buffer => {
  const plain = rtpPacket(payloadType, ssrc, sequence);
  const extension = Buffer.from([0xbe, 0xde, 0, 1, extensionId << 4, 0x80 | -levelDb, 0, 0]);
  const packet = Buffer.concat([plain.subarray(0, 12), extension, plain.subarray(12)]);
  packet.writeUInt8(0x90, 0);
  return packet;
};

/** A packet of speech, RFC 3550 §5.1. */
export const rtpPacket = (payloadType: number, ssrc: number, sequence: number): Buffer => {
  const packet = Buffer.alloc(12 + 60, 0x5a);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(payloadType, 1);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 960, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
};
