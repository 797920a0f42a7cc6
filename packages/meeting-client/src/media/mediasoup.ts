import type { MediaSource, TrackId } from '@guildhall/domain';
import {
  DtlsParametersSchema,
  mediaProfile,
  RtpCapabilitiesSchema,
  RtpParametersSchema,
  TrackIdSchema,
  MediaSourceSchema,
  type ConsumerParameters,
  type IceParameters,
  type MediaOffer,
  type ProfileVideo,
  type RtpParameters,
  type TransportParameters,
} from '@guildhall/protocol';
import { detectDevice, Device, type types } from 'mediasoup-client';
import { Chrome111 } from 'mediasoup-client/handlers/Chrome111';
import { z } from 'zod';
import type { Direction, MediaHooks, MediaPort, MediaReceiver, MediaSender, MediaSession } from './port.ts';

const SentTrack = z.object({ trackId: TrackIdSchema, source: MediaSourceSchema, muted: z.boolean() });

/** Media by WebRTC through mediasoup-client. */
export const createMediasoupMedia = (): MediaPort => {
  const makeDevice = deviceMaker();
  let certificate: Promise<RTCCertificate | undefined> | undefined;
  const prepareCertificate = (): Promise<RTCCertificate | undefined> =>
    (certificate ??= RTCPeerConnection.generateCertificate(ecdsa).catch(() => undefined));
  return {
    prepare: async () => {
      await Promise.allSettled([prepareCertificate(), makeDevice.warm()]);
    },
    open: async (offer, hooks) => {
      const device = makeDevice();
      const [ready] = await Promise.all([
        prepareCertificate(),
        device.load({ routerRtpCapabilities: offer.routerRtpCapabilities }),
      ]);
      return new Session(device, offer, hooks, ready);
    },
  };
};

/**
 * Asking the browser for its capabilities takes two peer connections, and a new device asks every time. They do not
 * change while a page lives, so the one handler whose factory is at hand remembers them.
 */
const deviceMaker = (): (() => Device) & { warm: () => Promise<void> } => {
  if (detectDevice() !== 'Chrome111') {
    return Object.assign(() => new Device(), { warm: () => Promise.resolve() });
  }
  const plain = Chrome111.createFactory({});
  const known = new Map<string, Promise<types.RtpCapabilities>>();
  const handlerFactory: types.HandlerFactory = {
    ...plain,
    getNativeRtpCapabilities: (options) => {
      const capabilities = known.get(options.direction) ?? plain.getNativeRtpCapabilities(options);
      known.set(options.direction, capabilities);
      return capabilities;
    },
  };
  const warm = async (): Promise<void> => {
    await Promise.all([
      handlerFactory.getNativeRtpCapabilities({ direction: 'recvonly' }),
      handlerFactory.getNativeRtpCapabilities({ direction: 'sendonly' }),
    ]);
  };
  return Object.assign(() => new Device({ handlerFactory }), { warm });
};

class Session implements MediaSession {
  readonly rtpCapabilities;
  readonly #send: types.Transport;
  readonly #recv: types.Transport;

  constructor(device: Device, offer: MediaOffer, hooks: MediaHooks, certificate: RTCCertificate | undefined) {
    this.rtpCapabilities = RtpCapabilitiesSchema.parse(device.recvRtpCapabilities);
    const options = (parameters: TransportParameters): types.TransportOptions => ({
      id: parameters.transportId,
      iceParameters: parameters.iceParameters,
      iceCandidates: parameters.iceCandidates,
      dtlsParameters: parameters.dtlsParameters,
      ...(certificate ? { additionalSettings: { certificates: [certificate] } } : {}),
    });
    this.#recv = device.createRecvTransport(options(offer.recv));
    this.#send = device.createSendTransport(options(offer.send));
    this.#wire(this.#recv, 'recv', hooks);
    this.#wire(this.#send, 'send', hooks);
    this.#send.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
      try {
        const { trackId, source, muted } = SentTrack.parse(appData);
        const request = {
          kind,
          source,
          trackId,
          muted,
          rtpParameters: wireParameters(rtpParameters),
        };
        hooks.produce({ ...request, transportId: this.#send.id });
        // Not awaited: the router gets it in order, and a refusal closes the sender later.
        done({ id: trackId });
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  async produce(options: {
    source: MediaSource;
    trackId: TrackId;
    track: MediaStreamTrack;
    muted: boolean;
  }): Promise<MediaSender> {
    const { source, trackId, track, muted } = options;
    track.enabled = !muted;
    if (source === 'camera') track.contentHint = mediaProfile.camera.contentHint;
    if (source === 'screen') track.contentHint = mediaProfile.screen.contentHint;
    const producer = await this.#send.produce({
      track,
      stopTracks: false,
      ...sendOptions[source],
      appData: { trackId, source, muted },
    });
    return new Sender(producer, muted);
  }

  async consume(parameters: ConsumerParameters): Promise<MediaReceiver> {
    const consumer = await this.#recv.consume({
      id: parameters.consumerId,
      producerId: parameters.producerId,
      kind: parameters.kind,
      rtpParameters: parameters.rtpParameters,
    });
    return {
      track: consumer.track,
      hasArrived: () => hasArrived(consumer),
      close: () => consumer.close(),
    };
  }

  async restartIce(direction: Direction, iceParameters: IceParameters): Promise<void> {
    await (direction === 'send' ? this.#send : this.#recv).restartIce({ iceParameters });
  }

  close(): void {
    this.#send.close();
    this.#recv.close();
  }

  #wire(transport: types.Transport, direction: Direction, hooks: MediaHooks): void {
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      try {
        hooks.connect(transport.id, DtlsParametersSchema.parse(dtlsParameters));
        done();
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
    });
    transport.on('connectionstatechange', (state) => hooks.onState(direction, state));
  }
}

/** With simulcast by RID there is no SSRC in the SDP to take the name from, and the library leaves it empty. */
const wireParameters = ({ rtcp, ...parameters }: types.RtpParameters): RtpParameters => {
  const { cname, ...rest } = rtcp ?? {};
  return RtpParametersSchema.parse({ ...parameters, rtcp: cname ? { ...rest, cname } : rest });
};

const Inbound = z.object({
  type: z.literal('inbound-rtp'),
  totalSamplesReceived: z.number().default(0),
  concealedSamples: z.number().default(0),
  framesDecoded: z.number().default(0),
});
/** 100 ms at 48 kHz: the jitter buffer has found its depth, so that nothing stutters when this takes over. */
const steadySamples = 4_800;

/** W3C webrtc-stats, `inbound-rtp`. */
const hasArrived = async (consumer: types.Consumer): Promise<boolean> => {
  if (consumer.closed) return false;
  const report = await consumer.getStats();
  for (const entry of report.values()) {
    const read = Inbound.safeParse(entry);
    if (!read.success) continue;
    const { totalSamplesReceived, concealedSamples, framesDecoded } = read.data;
    if (totalSamplesReceived - concealedSamples >= steadySamples || framesDecoded > 0) return true;
  }
  return false;
};

class Sender implements MediaSender {
  readonly #producer: types.Producer;
  #limiting: Promise<void> = Promise.resolve();

  constructor(producer: types.Producer, muted: boolean) {
    this.#producer = producer;
    this.setMuted(muted);
  }

  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    if (!this.#producer.closed) await this.#producer.replaceTrack({ track });
  }

  setMuted(muted: boolean): void {
    if (this.#producer.closed) return;
    if (muted) this.#producer.pause();
    else this.#producer.resume();
  }

  /**
   * Straight at the RTCRtpSender: the library's own way renegotiates each time, and nothing here needs that.
   * One after another, because parameters may only be set on what was last read.
   */
  limitLayers(maxSpatialLayer: number): Promise<void> {
    const limit = async (): Promise<void> => {
      const sender = this.#producer.rtpSender;
      if (!sender || this.#producer.closed) return;
      const parameters = sender.getParameters();
      let changed = false;
      for (const [layer, encoding] of parameters.encodings.entries()) {
        const active = layer <= maxSpatialLayer;
        changed ||= encoding.active !== active;
        encoding.active = active;
      }
      // Refused while the sender is being closed; there is nothing to limit then.
      if (changed) await sender.setParameters(parameters).catch(() => undefined);
    };
    this.#limiting = this.#limiting.then(limit);
    return this.#limiting;
  }

  close(): void {
    this.#producer.close();
  }
}

const encodingsOf = (profile: ProfileVideo): types.RtpEncodingParameters[] =>
  profile.encodings.map((encoding) => ({
    scaleResolutionDownBy: encoding.scaleResolutionDownBy,
    maxBitrate: encoding.maxBitrateBps,
    scalabilityMode: encoding.scalabilityMode,
    maxFramerate: profile.maxFramerateFps,
  }));

const ecdsa: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };
const { audio, camera, screen } = mediaProfile;

const sendOptions: Readonly<Record<MediaSource, Partial<types.ProducerOptions>>> = {
  camera: {
    encodings: encodingsOf(camera),
    codecOptions: { videoGoogleStartBitrate: camera.startBitrateBps / 1000 },
  },
  screen: {
    encodings: encodingsOf(screen),
    codecOptions: { videoGoogleStartBitrate: screen.startBitrateBps / 1000 },
  },
  mic: {
    codecOptions: {
      opusDtx: audio.opusDtx,
      opusFec: audio.opusFec,
      opusStereo: audio.opusStereo,
      opusMaxAverageBitrate: audio.maxAverageBitrateBps,
    },
  },
  'screen-audio': { codecOptions: { opusStereo: true, opusFec: true, opusDtx: false } },
};
