import { spatialLayerFor, type HearingMode, type MediaSource, type ParticipantId } from '@guildhall/domain';
import type { Timer } from '@guildhall/kit';
import { mediaProfile, type RtpCapabilities, type WantedTile } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import type { Consumer, Transport } from '../engine/port.ts';
import type { HeardTrack, MediaSurroundings } from './types.ts';

/** A picture that is not wanted any more stays ready for a moment: pages of a gallery are turned back and forth. */
const keepUnwantedMs = 5_000;
const highestTemporalLayer = 2;

interface Received {
  readonly consumer: Consumer;
  readonly trackId: string;
  readonly participantId: ParticipantId;
  readonly source: MediaSource;
  readonly slot: number | undefined;
  ready: boolean;
  wanted: boolean;
  /** What the engine was last told: commands keep their order, their answers come later. */
  flows: boolean;
  toldPaused: boolean;
  spatialLayer: number;
  closing: Timer | undefined;
}

const layerSizes = mediaProfile.camera.encodings.map(({ scaleResolutionDownBy }) => ({
  widthPx: mediaProfile.camera.idealWidthPx / scaleResolutionDownBy,
  heightPx: mediaProfile.camera.idealHeightPx / scaleResolutionDownBy,
}));

export const tileKey = (participantId: ParticipantId, source: MediaSource): string =>
  `${participantId} ${source}`;

/**
 * What one participant receives. The wish (everybody's audio, and the pictures on the screen) is compared with what
 * there is, and the difference made up: a lost message or a failed step is repaired by the next look.
 */
export class Receiver {
  readonly #self: ParticipantId;
  readonly #transport: Transport;
  readonly #around: MediaSurroundings;
  readonly #received = new Map<string, Received>();
  /** Tracks this browser has no codec for. */
  readonly #impossible = new Set<string>();
  #tiles = new Map<string, WantedTile>();
  #capabilities: RtpCapabilities | undefined;
  /** How this one hears the others now; undefined before the first look. */
  #mode: HearingMode | undefined;
  #looking = false;
  #lookAgain = false;
  /** Consumers that went away while nobody was there to be told. */
  #untold: string[] = [];

  constructor(self: ParticipantId, transport: Transport, around: MediaSurroundings) {
    this.#self = self;
    this.#transport = transport;
    this.#around = around;
  }

  get hearsSlots(): boolean {
    return this.#mode === 'slots';
  }

  get isAttached(): boolean {
    return this.#capabilities !== undefined;
  }

  /** The highest layer this one watches of a track, -1 for none. */
  watches(trackId: string): number {
    const received = this.#received.get(trackId);
    return received?.wanted === true ? received.spatialLayer : -1;
  }

  /** What this one wants to see, sent or not: whose picture and its layer if three are sent. */
  get wishes(): Iterable<readonly [key: string, layer: number]> {
    return Array.from(this.#tiles, ([key, tile]) => [
      key,
      tile.source === 'camera' ? spatialLayerFor(tile, layerSizes) : 0,
    ]);
  }

  /** Bits a second that what is watched now would need at best; for the estimate of the link. */
  get neededBps(): number {
    let bps = 0;
    for (const { wanted, consumer, source, spatialLayer } of this.#received.values()) {
      if (!wanted || consumer.producerPaused) continue;
      if (consumer.kind === 'audio') bps += mediaProfile.audio.maxAverageBitrateBps;
      else if (source === 'camera') bps += mediaProfile.camera.encodings[spatialLayer]?.maxBitrateBps ?? 0;
      else bps += mediaProfile.screen.encodings[0]?.maxBitrateBps ?? 0;
    }
    return bps;
  }

  get count(): number {
    return this.#received.size;
  }

  /** The stream whose counters say most about the link: speech flows evenly, pictures come in bursts. */
  get mostTelling(): Consumer | undefined {
    const flowing = [...this.#received.values()]
      .map(({ consumer }) => consumer)
      .filter(({ closed, paused, producerPaused }) => !closed && !paused && !producerPaused);
    return flowing.find(({ kind }) => kind === 'audio') ?? flowing[0];
  }

  /** Everything is announced anew: whoever attaches again may have missed any of it. */
  attach(capabilities: RtpCapabilities): void {
    this.#capabilities = capabilities;
    for (const consumerId of this.#untold.splice(0)) this.#tellRemoved(consumerId);
    for (const received of this.#received.values()) this.#announce(received);
    this.look();
  }

  want(tiles: readonly WantedTile[]): void {
    this.#tiles = new Map(tiles.map((tile) => [tileKey(tile.participantId, tile.source), tile]));
    this.look();
  }

  /** The browser is ready to decode: the first key frame will not be lost. */
  async ready(consumerId: string): Promise<boolean> {
    const received = this.#find(consumerId);
    if (!received) return false;
    received.ready = true;
    await this.#applyPause(received);
    this.#tellPaused(received, true);
    this.#changeOver();
    return true;
  }

  /** Another one speaks through this slot: nobody hears their own voice. */
  slotChanged(slot: number): void {
    for (const received of this.#received.values()) {
      if (received.slot === slot) void this.#applyPause(received);
    }
  }

  /** The sender muted or unmuted. */
  producerPaused(trackId: string): void {
    const received = this.#received.get(trackId);
    if (received) this.#tellPaused(received, false);
  }

  trackGone(trackId: string): void {
    this.#impossible.delete(trackId);
    const received = this.#received.get(trackId);
    // The engine closes the consumers of a producer that was closed.
    if (received) this.#release(received);
  }

  /** Something new is sent. In a large meeting that is seldom a matter of any one receiver. */
  appeared(track: HeardTrack): void {
    if (this.#concerns(track)) this.look();
  }

  /** Compares wish and reality soon; many reasons in one turn are one look. */
  look(): void {
    this.#lookAgain = true;
    if (this.#looking || !this.#capabilities) return;
    this.#looking = true;
    void this.#lookUntilDone();
  }

  close(): void {
    for (const received of this.#received.values()) received.closing?.cancel();
    const trackIds = [...this.#received.keys()];
    this.#received.clear();
    for (const trackId of trackIds) this.#around.demandChanged(trackId);
  }

  async #lookUntilDone(): Promise<void> {
    while (this.#lookAgain && !this.#transport.closed) {
      this.#lookAgain = false;
      this.#mode ??= this.#around.hearing();
      const steps: Promise<void>[] = [];
      for (const track of this.#around.tracks()) {
        if (this.#concerns(track)) steps.push(this.#reconcile(track));
      }
      await Promise.all(steps);
      this.#changeOver();
    }
    this.#looking = false;
  }

  async #reconcile(track: HeardTrack): Promise<void> {
    const { trackId, participantId, source } = track;
    const tile = this.#tiles.get(tileKey(participantId, source));
    const isWanted = this.#wants(track);
    const received = this.#received.get(trackId);
    try {
      if (received) await this.#adapt(received, track, isWanted, tile);
      else if (isWanted && !this.#impossible.has(trackId)) await this.#begin(track, tile);
    } catch (error) {
      // Closed in between is no trouble; a browser without the codec stays without this one stream.
      if (isGuildhallError(error, 'media.cannot-consume')) this.#impossible.add(trackId);
      else this.#around.logger.debug({ err: error, trackId }, 'a stream could not be brought to a receiver');
    }
  }

  /** Whether there is anything to compare: it is wanted, or received. */
  #concerns(track: HeardTrack): boolean {
    if (track.participantId === this.#self) return false;
    return this.#received.has(track.trackId) || this.#wants(track);
  }

  #wants(track: HeardTrack): boolean {
    if (track.producer.kind === 'audio') return this.#wantsToHear(track);
    return this.#tiles.size > 0 && this.#tiles.has(tileKey(track.participantId, track.source));
  }

  /** Screen sound is always its own stream; voices are in the way that is left, or comes, until it is changed over. */
  #wantsToHear(track: HeardTrack): boolean {
    const mode = modeOf(track);
    return mode === undefined || mode === this.#mode || mode === this.#around.hearing();
  }

  /** When all voices of the other way are set up: those begin and these end in one turn, so nobody is heard twice. */
  #changeOver(): void {
    const next = this.#around.hearing();
    if (this.#mode === undefined || this.#mode === next) return;
    for (const track of this.#around.tracks()) {
      if (modeOf(track) !== next || track.participantId === this.#self) continue;
      if (this.#received.get(track.trackId)?.ready !== true && !this.#impossible.has(track.trackId)) return;
    }
    this.#mode = next;
    for (const received of Array.from(this.#received.values())) {
      const mode = modeOf(received);
      if (mode === next) void this.#applyPause(received);
      else if (mode !== undefined) this.#drop(received);
    }
    this.#around.hearingSettled();
  }

  async #begin(track: HeardTrack, tile: WantedTile | undefined): Promise<void> {
    const capabilities = this.#capabilities;
    if (!capabilities) return;
    const { trackId, participantId, source, producer, slot } = track;
    const spatialLayer = layerOf(track, tile);
    const consumer = await this.#transport.consume({
      producerId: producer.id,
      rtpCapabilities: capabilities,
      paused: true,
      ...(producer.layers.spatial > 1 && {
        preferredLayers: { spatial: spatialLayer, temporal: highestTemporalLayer },
      }),
    });
    if (this.#around.track(trackId) !== track) return consumer.close();
    const received: Received = {
      consumer,
      trackId,
      participantId,
      source,
      slot,
      ready: false,
      wanted: true,
      flows: false,
      toldPaused: consumer.producerPaused,
      spatialLayer,
      closing: undefined,
    };
    this.#received.set(trackId, received);
    consumer.onProducerClose(() => this.#drop(received));
    consumer.onLayersChange((layers) => {
      this.#around.tell(this.#self, 'consumer.layers', {
        consumerId: consumer.id,
        spatialLayer: layers?.spatial ?? null,
      });
    });
    this.#announce(received);
    this.#around.demandChanged(trackId);
    // Words need their packets more than pictures do, and a shared screen more than faces.
    const priority = consumer.kind === 'audio' ? 255 : source === 'screen' ? 100 : 1;
    if (priority > 1) await consumer.setPriority(priority);
  }

  async #adapt(
    received: Received,
    track: HeardTrack,
    isWanted: boolean,
    tile: WantedTile | undefined,
  ): Promise<void> {
    const { consumer, trackId } = received;
    const spatialLayer = isWanted ? layerOf(track, tile) : received.spatialLayer;
    const changed = isWanted !== received.wanted || spatialLayer !== received.spatialLayer;
    const newLayer = spatialLayer !== received.spatialLayer && consumer.type !== 'simple';
    received.wanted = isWanted;
    received.spatialLayer = spatialLayer;
    if (isWanted) {
      received.closing?.cancel();
      received.closing = undefined;
    } else {
      received.closing ??= this.#around.clock.setTimeout(() => this.#drop(received), keepUnwantedMs);
    }
    if (!changed) return;
    this.#around.demandChanged(trackId);
    if (newLayer)
      await consumer.setPreferredLayers({ spatial: spatialLayer, temporal: highestTemporalLayer });
    await this.#applyPause(received);
    this.#tellPaused(received, false);
  }

  /** The command is on its way to the engine when this returns, before it is awaited. Never rejects. */
  async #applyPause(received: Received): Promise<void> {
    const { consumer, ready, wanted, slot } = received;
    const mode = modeOf(received);
    const isHeard = mode === undefined || mode === this.#mode;
    const isOwn = slot !== undefined && this.#around.slotHolder(slot) === this.#self;
    const shouldFlow = ready && wanted && isHeard && !isOwn;
    if (consumer.closed || received.flows === shouldFlow) return;
    received.flows = shouldFlow;
    try {
      await (shouldFlow ? consumer.resume() : consumer.pause());
    } catch {
      // It was closed meanwhile.
    }
  }

  #tellPaused(received: Received, isSure: boolean): void {
    const paused = !received.wanted || received.consumer.producerPaused || isMuted(this.#around, received);
    if (!isSure && paused === received.toldPaused) return;
    received.toldPaused = paused;
    // A browser that has just become ready takes it for running.
    if (isSure && !paused) return;
    this.#around.tell(this.#self, 'consumer.paused', { consumerId: received.consumer.id, paused });
  }

  #announce(received: Received): void {
    const { consumer, participantId, source } = received;
    received.ready = false;
    this.#around.tell(this.#self, 'consumer.added', {
      epoch: this.#around.epoch,
      participantId,
      source,
      consumer: { ...consumer.parameters, paused: consumer.producerPaused },
    });
  }

  #drop(received: Received): void {
    if (this.#received.get(received.trackId) !== received) return;
    received.consumer.close();
    this.#release(received);
  }

  #release(received: Received): void {
    if (this.#received.get(received.trackId) !== received) return;
    this.#received.delete(received.trackId);
    received.closing?.cancel();
    this.#tellRemoved(received.consumer.id);
    this.#around.demandChanged(received.trackId);
  }

  #tellRemoved(consumerId: string): void {
    if (!this.#around.tell(this.#self, 'consumer.removed', { consumerId })) this.#untold.push(consumerId);
  }

  #find(consumerId: string): Received | undefined {
    for (const received of this.#received.values()) {
      if (received.consumer.id === consumerId) return received;
    }
    return undefined;
  }
}

/** The engine tells its consumers of a pause a moment after it happened. */
const isMuted = (around: MediaSurroundings, { trackId }: Received): boolean =>
  around.track(trackId)?.producer.paused === true;

/** The way of hearing a voice belongs to; undefined for all that is no voice. */
const modeOf = ({ source, slot }: Pick<HeardTrack, 'source' | 'slot'>): HearingMode | undefined => {
  if (slot !== undefined) return 'slots';
  return source === 'mic' ? 'each' : undefined;
};

const layerOf = ({ producer, source }: HeardTrack, tile: WantedTile | undefined): number => {
  const { spatial } = producer.layers;
  if (source !== 'camera' || !tile || spatial <= 1) return 0;
  return spatialLayerFor(tile, layerSizes.slice(-spatial));
};
