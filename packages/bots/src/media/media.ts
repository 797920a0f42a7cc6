import { randomInt } from 'node:crypto';
import type { MediaSource } from '@guildhall/domain';
import type {
  Direction,
  MediaHooks,
  MediaPort,
  MediaReceiver,
  MediaSender,
  MediaSession,
} from '@guildhall/meeting-client';
import {
  mediaProfile,
  type ConsumerParameters,
  type IceParameters,
  type MediaOffer,
  type RtpCapabilities,
  type TransportParameters,
} from '@guildhall/protocol';
import type { BotEngine } from '../engine/engine.ts';
import type { SentEncoding } from '../engine/messages.ts';
import { extensionIds, receivable, sendParameters } from './parameters.ts';
import { BotTrack } from './track.ts';

/** How a bot sends. */
export interface BotPattern {
  /** Mean lengths of talk spurts and of the silences between them; null: talks without end. */
  readonly speech: { readonly talkMs: number; readonly pauseMs: number } | null;
  /** Of the best encoding, bit/s; the smaller ones are in proportion to the media profile. */
  readonly videoBitrateBps: number;
  /** Three encodings of each camera picture as browsers send them, or one. */
  readonly isSimulcast: boolean;
  readonly framesPerSecond: number;
}

/** A conversation: who talks does so for a second or two, 40 % of the time. */
export const conversation: BotPattern = {
  speech: { talkMs: 1_200, pauseMs: 1_800 },
  videoBitrateBps: 1_700_000,
  isSimulcast: true,
  framesPerSecond: mediaProfile.camera.maxFramerateFps,
};

/** Media of one bot: ORTC is answered here, packets are the engine's. */
export interface BotMedia extends MediaPort {
  /** The bot's number in the engine's report. */
  readonly person: number;
  /** Receiver numbers of the present session by consumer id. */
  readonly receivers: ReadonlyMap<string, number>;
}

/** Media for one person, through the native engine. */
export const createBotMedia = (engine: BotEngine, pattern: BotPattern): BotMedia => {
  const person = engine.newId();
  const receivers = new Map<string, number>();
  return {
    person,
    receivers,
    prepare: () => Promise.resolve(),
    open: (offer, hooks) =>
      Promise.resolve(new BotSession({ engine, pattern, person, receivers, offer, hooks })),
  };
};

interface Parts {
  readonly engine: BotEngine;
  readonly pattern: BotPattern;
  readonly person: number;
  readonly receivers: Map<string, number>;
  readonly offer: MediaOffer;
  readonly hooks: MediaHooks;
}

const newSsrc = (): number => randomInt(1, 2 ** 32 - 1);

class BotSession implements MediaSession {
  readonly rtpCapabilities: RtpCapabilities;
  readonly #parts: Parts;
  readonly #transports = new Map<Direction, number>();
  #streams = 0;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.rtpCapabilities = receivable(parts.offer.routerRtpCapabilities);
  }

  produce(options: Parameters<MediaSession['produce']>[0]): Promise<MediaSender> {
    const { source, trackId, track, muted } = options;
    const { engine, pattern, offer, hooks, person } = this.#parts;
    const kind = track.kind === 'audio' ? 'audio' : 'video';
    const transport = this.#transport('send');
    const mid = String(this.#streams++);
    const cname = `bot${person}`;
    const encodings = encodingsOf(source, pattern);
    const rtpParameters = sendParameters(offer.routerRtpCapabilities, { kind, mid, cname, encodings });
    const [codec, rtxCodec] = rtpParameters.codecs;
    const sender = engine.newId();
    engine.name(trackId, sender);
    hooks.produce({ transportId: offer.send.transportId, trackId, kind, source, rtpParameters, muted });
    engine.order({
      do: 'send',
      transport,
      sender,
      kind,
      pt: codec?.payloadType ?? 0,
      ...(rtxCodec ? { rtxPt: rtxCodec.payloadType } : {}),
      mid,
      cname,
      ext: extensionIds(rtpParameters.headerExtensions),
      encodings,
      ...(kind === 'audio' ? (pattern.speech ?? {}) : { fps: pattern.framesPerSecond }),
      paused: muted,
    });
    return Promise.resolve({
      replaceTrack: () => Promise.resolve(),
      setMuted: (paused) => engine.order({ do: 'pause', sender, paused }),
      limitLayers: (layer) => Promise.resolve(engine.order({ do: 'limit', sender, layer })),
      close: () => {
        engine.name(trackId, null);
        engine.order({ do: 'stop', transport, sender });
      },
    });
  }

  consume({ consumerId, producerId, kind, rtpParameters }: ConsumerParameters): Promise<MediaReceiver> {
    const { engine, receivers } = this.#parts;
    const [encoding] = rtpParameters.encodings;
    if (this.#closed || encoding?.ssrc === undefined)
      return Promise.reject(new Error('The stream cannot be received.'));
    const transport = this.#transport('recv');
    const receiver = engine.newId();
    receivers.set(consumerId, receiver);
    engine.order({
      do: 'receive',
      transport,
      receiver,
      kind,
      ssrc: encoding.ssrc,
      ...(encoding.rtx ? { rtx: encoding.rtx.ssrc } : {}),
      ext: extensionIds(rtpParameters.headerExtensions),
      nack: rtpParameters.codecs[0]?.rtcpFeedback?.some(({ type }) => type === 'nack') ?? false,
      source: engine.senderNamed(producerId),
    });
    return Promise.resolve({
      track: new BotTrack(kind, consumerId),
      // Nobody listens to a bot's loudspeaker: the stream of now may take the place of the one of before at once.
      hasArrived: () => Promise.resolve(true),
      close: () => {
        receivers.delete(consumerId);
        engine.order({ do: 'drop', transport, receiver });
      },
    });
  }

  restartIce(direction: Direction, { usernameFragment: user, password }: IceParameters): Promise<void> {
    const transport = this.#transports.get(direction);
    if (transport !== undefined) this.#parts.engine.order({ do: 'restart', transport, user, password });
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    for (const transport of this.#transports.values()) {
      this.#parts.engine.onState(transport, null);
      this.#parts.engine.order({ do: 'close', transport });
    }
    this.#transports.clear();
    this.#parts.receivers.clear();
  }

  /** Opened when it is first needed, as browsers do. */
  #transport(direction: Direction): number {
    const known = this.#transports.get(direction);
    if (known !== undefined) return known;
    const { engine, person, offer, hooks } = this.#parts;
    const transport = engine.newId();
    this.#transports.set(direction, transport);
    engine.onState(transport, (state) => hooks.onState(direction, state));
    hooks.connect(offer[direction].transportId, {
      role: 'client',
      fingerprints: [{ algorithm: 'sha-256', value: engine.fingerprint }],
    });
    engine.order({ do: 'open', transport, person, ...remoteOf(offer[direction]) });
    return transport;
  }
}

/** The best UDP candidate: bots are for loads, and media over TCP is measured elsewhere. */
export const remoteOf = ({ iceParameters, iceCandidates, dtlsParameters }: TransportParameters) => {
  const [candidate] = iceCandidates
    .filter(({ protocol }) => protocol === 'udp')
    .toSorted((a, b) => b.priority - a.priority);
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
  return {
    address: candidate?.address ?? '127.0.0.1',
    port: candidate?.port ?? 9,
    user: iceParameters.usernameFragment,
    password: iceParameters.password,
    fingerprint: fingerprint?.value ?? '',
  };
};

const encodingsOf = (source: MediaSource, pattern: BotPattern): SentEncoding[] => {
  if (source === 'mic' || source === 'screen-audio') return [{ ssrc: newSsrc() }];
  const all = mediaProfile[source].encodings;
  const best = all.at(-1)?.maxBitrateBps ?? 1;
  const chosen = pattern.isSimulcast ? all : all.slice(-1);
  return chosen.map(({ maxBitrateBps }, layer) => ({
    ssrc: newSsrc(),
    rtx: newSsrc(),
    ...(chosen.length > 1 ? { rid: `r${layer}` } : {}),
    bitrate: Math.round((maxBitrateBps / best) * pattern.videoBitrateBps),
  }));
};
