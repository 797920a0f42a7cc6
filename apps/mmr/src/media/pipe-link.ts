import type { ParticipantId, TrackId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { PipedStream, PipeParameters } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Pipe, PipeSender, Producer, Room } from '../engine/port.ts';
import type { FarRouter, MediaLink } from '../types.ts';
import { LinkVoices } from './link-voices.ts';
import type { Voices } from './types.ts';

/** What a link needs of the meeting's media. */
export interface LinkSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  room(): Promise<Room>;
  /** How much of this track other routers watch has changed. */
  demandChanged(trackId: TrackId): void;
  voices(): Voices;
}

/** All links of a meeting together, as one of them knows them. */
export interface LinkOwner {
  readonly around: LinkSurroundings;
  look(): void;
  /** Its pipe is gone, and what came over it. */
  dropFrom(link: PipeLink): void;
  /** It is closed. */
  removed(link: PipeLink): void;
  /** The other router has this one no more for now. */
  ended(link: PipeLink, trackId: TrackId): void;
  /** Whether it is sent by somebody behind another router. */
  isRemote(trackId: TrackId): boolean;
  /** The producer behind a track, for another link than the one it comes from. @throws media.unknown-producer */
  sourceFor(asker: PipeLink, trackId: TrackId): Promise<Producer>;
}

/** A stream another router wants. */
interface Served {
  layer: number;
  readonly sender: Promise<PipeSender>;
}

/** The pipe to one other router, made anew whenever either side lost its room or the link was dialled again. */
export class PipeLink implements MediaLink {
  readonly far: FarRouter;
  readonly served = new Map<TrackId, Served>();
  readonly voices: LinkVoices;
  readonly #owner: LinkOwner;
  #pipe: Pipe | undefined;
  #isConnected = false;
  #closed = false;

  constructor(far: FarRouter, owner: LinkOwner) {
    this.far = far;
    this.#owner = owner;
    this.voices = new LinkVoices(owner.around);
  }

  get isConnected(): boolean {
    return this.#isConnected && this.#pipe?.closed === false;
  }

  async offer(): Promise<PipeParameters> {
    this.forget();
    this.#owner.dropFrom(this);
    const room = await this.#owner.around.room();
    const pipe = await room.createPipe();
    if (this.#closed || this.#pipe) {
      pipe.close();
      throw noPipe();
    }
    this.#pipe = pipe;
    return pipe.parameters;
  }

  async connect(remote: PipeParameters): Promise<void> {
    const pipe = this.#pipe;
    if (!pipe) throw noPipe();
    await pipe.connect(remote);
    if (this.#pipe !== pipe) throw noPipe();
    this.#isConnected = true;
    this.#owner.look();
  }

  async serve(trackId: TrackId, maxSpatialLayer: number): Promise<PipedStream> {
    const pipe = this.#pipe;
    if (!pipe || pipe.closed) throw noPipe();
    const served = this.served.get(trackId) ?? this.#begin(pipe, trackId, maxSpatialLayer);
    served.layer = maxSpatialLayer;
    this.#owner.around.demandChanged(trackId);
    return (await served.sender).stream;
  }

  release(trackId: TrackId): void {
    const served = this.served.get(trackId);
    if (!served) return;
    this.#unserve(trackId);
    served.sender.then(
      (sender) => sender.close(),
      () => undefined,
    );
    this.#owner.around.demandChanged(trackId);
    this.#owner.look();
  }

  ended(trackId: TrackId): void {
    this.#owner.ended(this, trackId);
  }

  /** @throws media.unknown-transport, media.invalid-parameters, media.limit */
  receive(stream: PipedStream, participantId: ParticipantId): Promise<Producer> {
    if (!this.#pipe) throw noPipe();
    return this.#pipe.receive(stream, participantId);
  }

  /** The pipe and what was on it. */
  forget(): void {
    const tracks = [...this.served.keys()];
    for (const trackId of tracks) this.#unserve(trackId);
    this.#pipe?.close();
    this.#pipe = undefined;
    this.#isConnected = false;
    for (const trackId of tracks) this.#owner.around.demandChanged(trackId);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.forget();
    this.#owner.removed(this);
    this.#owner.look();
  }

  #begin(pipe: Pipe, trackId: TrackId, layer: number): Served {
    const isStill = (): boolean => this.#pipe === pipe && this.served.get(trackId) === served;
    // After `served` knows of it: the third router is asked because this one asks.
    const sender = Promise.resolve().then(() => this.#send(pipe, trackId, isStill));
    const served: Served = { layer, sender };
    this.served.set(trackId, served);
    const forget = (): void => {
      if (this.served.get(trackId) !== served) return;
      this.#unserve(trackId);
      this.#owner.around.demandChanged(trackId);
    };
    const end = (): void => {
      if (this.served.get(trackId) !== served) return;
      forget();
      // What ends with its track the roster tells.
      if (this.#owner.isRemote(trackId)) this.far.ended(trackId);
    };
    sender.then((one) => {
      if (one.closed) end();
      else one.onProducerClose(end);
    }, forget);
    return served;
  }

  async #send(pipe: Pipe, trackId: TrackId, isStill: () => boolean): Promise<PipeSender> {
    const producer = await this.#owner.sourceFor(this, trackId);
    const isVoice = producer.source === 'mic';
    const sender = await pipe.send(producer.id, { paused: isVoice && !this.voices.flows(trackId) });
    if (isStill()) {
      if (isVoice) this.voices.carry(trackId, sender);
      return sender;
    }
    sender.close();
    throw noSuchTrack(trackId);
  }

  #unserve(trackId: TrackId): void {
    this.served.delete(trackId);
    this.voices.drop(trackId);
  }
}

export const noSuchTrack = (trackId: TrackId): GuildhallError =>
  new GuildhallError('media.unknown-producer', `There is no stream ${trackId} here.`);

const noPipe = (): GuildhallError =>
  new GuildhallError('media.unknown-transport', 'The pipe between the routers is being made; ask again.');
