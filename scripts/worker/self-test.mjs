// Does the media worker named by MEDIASOUP_WORKER_BIN really work on this machine? Run by the pinned Node.
//
// Two things are tried, because both depend on how the worker was built:
//   1. ICE and a DTLS handshake with the openssl command as the far end. Creating a transport is not
//      enough: a worker built without the fix in edits.json dies only at the first ClientHello.
//   2. One RTP packet through two pipe transports with SRTP, which runs libsrtp's protect and unprotect.
//
// Prints one line and exits 0, or prints what failed and exits 1. Takes about a second.

import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const DEADLINE_MS = 10_000;
const LOOPBACK = '127.0.0.1';
const MAGIC_COOKIE = 0x2112a442;

/** @param {number} type @param {Buffer} value */
function stunAttribute(type, value) {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** A 32-bit number as an attribute value. @param {number} value */
function uint32(value) {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0, 0);
  return buffer;
}

/**
 * An ICE connectivity check that nominates (RFC 8445 §7.1, RFC 8489 §14).
 * @param {string} username
 * @param {string} password
 */
function nominatingCheck(username, password) {
  const attributes = [
    stunAttribute(0x0006, Buffer.from(username)),
    stunAttribute(0x0024, uint32(0x6e7f1eff)), // PRIORITY
    stunAttribute(0x802a, randomBytes(8)), // ICE-CONTROLLING
    stunAttribute(0x0025, Buffer.alloc(0)), // USE-CANDIDATE
  ];
  const id = randomBytes(12);
  // Both MESSAGE-INTEGRITY and FINGERPRINT cover a header whose length already includes themselves.
  const message = (/** @type {number} */ extra) => {
    const body = Buffer.concat(attributes);
    const header = Buffer.alloc(8);
    header.writeUInt16BE(0x0001, 0);
    header.writeUInt16BE(body.length + extra, 2);
    header.writeUInt32BE(MAGIC_COOKIE, 4);
    return Buffer.concat([header, id, body]);
  };
  attributes.push(stunAttribute(0x0008, createHmac('sha1', password).update(message(24)).digest()));
  attributes.push(stunAttribute(0x8028, uint32(crc32(message(8)) ^ 0x5354554e)));
  return message(0);
}

/** A throw-away certificate for the far end. @param {string} directory */
function makeCertificate(directory) {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'cert.pem');
  const made = spawnSync(
    'openssl',
    // prettier-ignore
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
      '-subj', '/CN=guildhall-self-test', '-keyout', key, '-out', certificate],
    { encoding: 'utf8' },
  );
  if (made.error) throw new Error(`the openssl command cannot be run (${made.error.message})`);
  if (made.status !== 0) throw new Error(`openssl could not make a certificate: ${made.stderr}`);
  return { key, certificate, fingerprint: new X509Certificate(readFileSync(certificate)).fingerprint256 };
}

/** A UDP socket on a free loopback port. */
async function udpSocket() {
  const socket = createSocket('udp4');
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}

/**
 * Runs ICE and DTLS against a WebRTC transport; resolves when the worker reports the handshake complete.
 * @param {import('mediasoup').types.Router} router
 * @param {string} directory
 * @param {Array<() => void>} cleanUps
 */
async function handshake(router, directory, cleanUps) {
  const { key, certificate, fingerprint } = makeCertificate(directory);
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: LOOPBACK }],
  });
  await transport.connect({
    dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] },
  });
  const [candidate] = transport.iceCandidates;
  if (!candidate) throw new Error('the worker offers no ICE candidate');
  const workerPort = candidate.port;
  const towardsWorker = await udpSocket();
  const towardsOpenssl = await udpSocket();
  cleanUps.push(() => towardsWorker.close());
  cleanUps.push(() => towardsOpenssl.close());

  const { usernameFragment, password } = transport.iceParameters;
  const check = () =>
    towardsWorker.send(nominatingCheck(`${usernameFragment}:selftest`, password), workerPort, LOOPBACK);
  const retry = setInterval(check, 100);
  cleanUps.push(() => clearInterval(retry));

  let opensslPort = 0;
  let opensslSaid = '';
  const iceReady = new Promise((resolve) => {
    towardsWorker.on('message', (packet) => {
      if (packet.readUInt8(0) < 4) {
        // STUN (RFC 7983): 0x0101 is a success response.
        if (packet.readUInt16BE(0) === 0x0101) resolve(undefined);
      } else if (opensslPort !== 0) {
        towardsOpenssl.send(packet, opensslPort, LOOPBACK);
      }
    });
  });
  towardsOpenssl.on('message', (packet, from) => {
    opensslPort = from.port;
    towardsWorker.send(packet, workerPort, LOOPBACK);
  });
  const connected = new Promise((resolve, reject) => {
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') resolve(undefined);
      if (state === 'failed') reject(new Error(`the DTLS handshake failed; openssl said: ${opensslSaid}`));
    });
  });
  connected.catch(() => {}); // Awaited below; until then a failure must not count as unhandled.

  check();
  await iceReady;
  clearInterval(retry);
  const openssl = spawn(
    'openssl',
    // prettier-ignore
    ['s_client', '-dtls1_2', '-connect', `${LOOPBACK}:${towardsOpenssl.address().port}`,
      '-cert', certificate, '-key', key, '-use_srtp', 'SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80'],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  cleanUps.push(() => openssl.kill('SIGKILL'));
  for (const stream of [openssl.stdout, openssl.stderr]) {
    stream.on('data', (data) => (opensslSaid = (opensslSaid + String(data)).slice(-2000)));
  }
  await connected;
}

/**
 * Sends one RTP packet from a router to another over SRTP and waits for its payload.
 * @param {import('mediasoup').types.Router} from
 * @param {import('mediasoup').types.Router} to
 */
async function encryptedPacket(from, to) {
  const options = { listenInfo: { protocol: /** @type {const} */ ('udp'), ip: LOOPBACK }, enableSrtp: true };
  const [pipeOut, pipeIn, source, sink] = await Promise.all([
    from.createPipeTransport(options),
    to.createPipeTransport(options),
    from.createDirectTransport(),
    to.createDirectTransport(),
  ]);
  const address = (/** @type {import('mediasoup').types.PipeTransport} */ pipe) => ({
    ip: LOOPBACK,
    port: pipe.tuple.localPort,
    ...(pipe.srtpParameters && { srtpParameters: pipe.srtpParameters }),
  });
  await pipeOut.connect(address(pipeIn));
  await pipeIn.connect(address(pipeOut));
  const producer = await source.produce({
    kind: 'audio',
    rtpParameters: {
      mid: 'audio',
      codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }],
      encodings: [{ ssrc: 1234 }],
    },
  });
  const piped = await pipeOut.consume({ producerId: producer.id });
  const received = await pipeIn.produce({ kind: 'audio', rtpParameters: piped.rtpParameters });
  const consumer = await sink.consume({ producerId: received.id, rtpCapabilities: to.rtpCapabilities });
  const payload = randomBytes(40);
  const header = Buffer.from([0x80, 100, 0, 1, 0, 0, 0, 1, 0, 0, 0x04, 0xd2]);
  const arrived = new Promise((resolve) => {
    consumer.on('rtp', (packet) => {
      if (packet.subarray(-payload.length).equals(payload)) resolve(undefined);
    });
  });
  producer.send(Buffer.concat([header, payload]));
  await arrived;
}

async function main() {
  const { createWorker } = await import('mediasoup');
  const directory = mkdtempSync(join(tmpdir(), 'guildhall-self-test-'));
  const cleanUps = [() => rmSync(directory, { recursive: true, force: true })];
  let step = 'starting the worker';
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    const deadline = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no result in time')), DEADLINE_MS);
    });
    const work = async () => {
      const worker = await createWorker({ logLevel: 'none' });
      cleanUps.push(() => worker.close());
      const died = new Promise((_, reject) => worker.on('died', reject));
      const mediaCodecs = [
        { kind: /** @type {const} */ ('audio'), mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
      ];
      const [first, second] = await Promise.all([
        worker.createRouter({ mediaCodecs }),
        worker.createRouter({ mediaCodecs }),
      ]);
      step = 'ICE and DTLS handshake';
      await Promise.race([handshake(first, directory, cleanUps), died]);
      step = 'sending a packet over SRTP';
      await Promise.race([encryptedPacket(first, second), died]);
    };
    await Promise.race([work(), deadline]);
    console.log('worker ok: DTLS handshake done, SRTP packet received');
  } catch (error) {
    console.log(`worker not usable: ${step}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
    for (const cleanUp of cleanUps.toReversed()) cleanUp();
  }
}

await main();
// A worker that ignores its closing must not keep the test waiting.
process.exit();
