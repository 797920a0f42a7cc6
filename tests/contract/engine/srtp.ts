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
    const header = packet.subarray(0, 12);
    cipher.setAAD(header);
    return Buffer.concat([header, cipher.update(packet.subarray(12)), cipher.final(), cipher.getAuthTag()]);
  };
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
