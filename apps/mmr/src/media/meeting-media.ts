import type { MeetingId, ParticipantId, TrackId } from '@guildhall/domain';
import type { Clock, Logger, Random } from '@guildhall/kit';
import type {
  DtlsParameters,
  IceParameters,
  MediaOffer,
  RtpCapabilities,
  WantedTile,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Engine, Room } from '../engine/port.ts';
import type {
  FarRouter,
  LinkMeasure,
  MediaLink,
  MediaListener,
  MeetingMediaPort,
  ProduceRequest,
  RemoteTrack,
} from '../types.ts';
import { ActiveSpeaker } from './active-speaker.ts';
import { Demand } from './demand.ts';
import { describeReceivers, describeTracks, speakersOf } from './describe.ts';
import { Exchange } from './exchange.ts';
import { ParticipantMedia, unknownTransport } from './participant-media.ts';
import { Hearing, type HearingRules } from './slots/hearing.ts';
import { QualityWatch } from './quality-watch.ts';
import { sentElsewhere, type Arrived } from './remote-track.ts';
import { Rooms } from './rooms.ts';
import { SpeakerNews } from './speaker-news.ts';
import type { HeardTrack, MediaSurroundings, SentTrack } from './types.ts';
import { localWishes } from './wishes.ts';

export interface MeetingMediaDeps {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** When and how many speaker slots are used. */
  readonly hearing: HearingRules;
}

/** All media of one meeting, through the deaths of its workers. */
export class MeetingMedia implements MeetingMediaPort {
  readonly #deps: MeetingMediaDeps;
  readonly #listener: MediaListener;
  readonly #participants = new Map<ParticipantId, ParticipantMedia>();
  /** Who is being given transports: of two starts at once only the later one counts. */
  readonly #places = new Map<ParticipantId, symbol>();
  readonly #tracks = new Map<string, SentTrack>();
  readonly #speaker: ActiveSpeaker;
  readonly #hearing: Hearing;
  readonly #exchange: Exchange;
  readonly #rooms: Rooms;
  /** People of the meeting on other routers. */
  readonly #elsewhere = new Set<ParticipantId>();
  #closed = false;
  readonly #quality: QualityWatch;

  private constructor(meetingId: MeetingId, listener: MediaListener, deps: MeetingMediaDeps) {
    this.#deps = deps;
    this.#listener = listener;
    this.#speaker = new ActiveSpeaker(deps.clock, (participantId) => listener.speaker(participantId));
    this.#hearing = this.#makeHearing();
    this.#quality = new QualityWatch(this.#participants, listener, deps.clock);
    this.#exchange = this.#makeExchange();
    this.#rooms = new Rooms({
      ...deps,
      meetingId,
      entered: (room) => this.#entered(room),
      lost: () => {
        this.#clear();
        listener.lost();
      },
      restored: () => {
        listener.restored();
        this.#exchange.restored();
      },
    });
  }

  /** @throws media.unavailable */
  static async open(
    meetingId: MeetingId,
    listener: MediaListener,
    deps: MeetingMediaDeps,
  ): Promise<MeetingMedia> {
    const media = new MeetingMedia(meetingId, listener, deps);
    await media.#rooms.room;
    return media;
  }

  async start(participantId: ParticipantId): Promise<MediaOffer> {
    this.drop(participantId);
    const place = Symbol('place');
    this.#places.set(participantId, place);
    const isOurs = (): boolean => this.#places.get(participantId) === place;
    for (;;) {
      const room = await this.#rooms.room;
      try {
        const media = await ParticipantMedia.open(participantId, this.#surroundings(room));
        if (isOurs() && !room.closed) {
          this.#participants.set(participantId, media);
          this.#peopleChanged();
          return media.offer;
        }
        media.close();
      } catch (error) {
        if (!room.closed) throw error;
      }
      if (!isOurs() || this.#closed) {
        throw new GuildhallError('media.unavailable', 'These transports were replaced while they were made.');
      }
      // The worker died under them: once more in the next room.
    }
  }

  running(participantId: ParticipantId): MediaOffer | undefined {
    const media = this.#participants.get(participantId);
    return media?.isRunning === true ? media.offer : undefined;
  }

  drop(participantId: ParticipantId): void {
    this.#places.delete(participantId);
    this.#quality.forget(participantId);
    this.#speaker.forget(participantId);
    for (const track of this.#tracks.values()) {
      if (track.participantId === participantId) this.#forgetTrack(track);
    }
    this.#participants.get(participantId)?.close();
    if (!this.#participants.delete(participantId)) return;
    this.#peopleChanged();
    this.#hearing.settled();
    this.#exchange.look();
  }

  attach(participantId: ParticipantId, epoch: number, rtpCapabilities: RtpCapabilities): void {
    const media = this.#participants.get(participantId);
    if (!media || media.offer.epoch !== epoch) {
      throw new GuildhallError('media.unavailable', 'The media was replaced; attach to the newest offer.');
    }
    media.attach(rtpCapabilities);
    this.#exchange.look();
    for (const { participantId: sender, demand } of this.#tracks.values()) {
      if (sender === participantId) demand?.repeat();
    }
  }

  async connect(participantId: ParticipantId, transportId: string, dtls: DtlsParameters): Promise<void> {
    await this.#of(participantId).connect(transportId, dtls);
  }

  restartIce(participantId: ParticipantId, transportId: string): Promise<IceParameters> {
    return this.#of(participantId).restartIce(transportId);
  }

  async produce(participantId: ParticipantId, request: ProduceRequest): Promise<void> {
    const { trackId, source } = request;
    if (this.sends(participantId, trackId)) return;
    const media = this.#of(participantId);
    const producer = await media.produce(request);
    if (this.sends(participantId, trackId) || this.#participants.get(participantId) !== media) return;
    const top = producer.layers.spatial - 1;
    const demand =
      producer.kind === 'video'
        ? new Demand(
            this.#deps.clock,
            top,
            () => this.#watched(trackId),
            (maxSpatialLayer) =>
              void this.#listener.tell(participantId, 'track.demand', { trackId, maxSpatialLayer }),
          )
        : undefined;
    producer.onScore((score) => media.scores.set(trackId, score));
    const track: SentTrack = { trackId, participantId, source, producer, demand, slot: undefined };
    this.#tracks.set(trackId, track);
    if (!producer.paused) this.#hearing.hear(track);
    for (const media of this.#participants.values()) media.receiver.appeared(track);
  }

  sends(participantId: ParticipantId, trackId: TrackId): boolean {
    return this.#tracks.get(trackId)?.participantId === participantId;
  }

  setMuted(participantId: ParticipantId, trackId: TrackId, muted: boolean): void {
    const track = this.#tracks.get(trackId);
    if (track?.participantId !== participantId || track.producer.closed) return;
    if (muted) this.#hearing.silence(trackId);
    else this.#hearing.hear(track);
    // A track that is silent on purpose says nothing about the link.
    if (muted) this.#participants.get(participantId)?.scores.delete(trackId);
    void this.#pause(track, muted);
  }

  stop(participantId: ParticipantId, trackId: TrackId): void {
    const track = this.#tracks.get(trackId);
    if (track?.participantId === participantId) this.#forgetTrack(track);
  }

  want(participantId: ParticipantId, tiles: readonly WantedTile[]): void {
    this.#of(participantId).receiver.want(tiles);
    this.#exchange.look();
  }

  setElsewhere(participantId: ParticipantId, tracks: readonly RemoteTrack[] | undefined): void {
    const before = this.#elsewhere.size;
    if (tracks) this.#elsewhere.add(participantId);
    else this.#elsewhere.delete(participantId);
    if (this.#elsewhere.size !== before) this.#peopleChanged();
    this.#exchange.setRemote(participantId, tracks ?? []);
  }

  link(far: FarRouter): MediaLink {
    return this.#exchange.link(far);
  }

  async consumerReady(participantId: ParticipantId, consumerId: string): Promise<void> {
    if (await this.#of(participantId).receiver.ready(consumerId)) return;
    throw new GuildhallError('media.unknown-consumer', 'There is no such consumer of yours.');
  }

  async measure(participantId: ParticipantId): Promise<LinkMeasure | undefined> {
    const media = this.#participants.get(participantId);
    if (media?.isRunning !== true) return undefined;
    const own = [...this.#tracks.values()].filter((track) => track.participantId === participantId);
    return media.measure(own.map(({ producer }) => producer));
  }

  describe(): unknown {
    return {
      epoch: this.#rooms.epoch,
      slots: this.#hearing.describe(),
      exchange: this.#exchange.describe(),
      tracks: describeTracks(this.#tracks.values()),
      receivers: describeReceivers(this.#participants),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#quality.close();
    this.#speaker.close();
    this.#hearing.close();
    this.#exchange.close();
    this.#places.clear();
    this.#clear();
    this.#rooms.close();
  }

  #entered(room: Room): void {
    this.#hearing.enter(room);
    const news = new SpeakerNews(this.#deps.clock, (who) => this.#listener.tellAll('speakers', who));
    room.onSpeakers((speakers) => news.heard(speakersOf(speakers, (id) => this.#tracks.get(id))));
    room.onDominantSpeaker(({ producerId }) => {
      const track = this.#tracks.get(producerId);
      if (track) this.#speaker.suggest(track.participantId);
    });
  }

  #clear(): void {
    this.#hearing.leave();
    this.#exchange.lost();
    for (const { demand } of this.#tracks.values()) demand?.close();
    this.#tracks.clear();
    for (const media of this.#participants.values()) media.close();
    this.#participants.clear();
  }

  #surroundings(room: Room): MediaSurroundings {
    return {
      room,
      epoch: this.#rooms.epoch,
      clock: this.#deps.clock,
      logger: this.#deps.logger,
      tracks: () => this.#receivable(),
      track: (trackId) => this.#tracks.get(trackId) ?? this.#hearing.track(trackId),
      hearing: () => this.#hearing.mode,
      slotHolder: (slot) => this.#hearing.holder(slot),
      hearingSettled: () => this.#hearing.settled(),
      tell: (participantId, name, data) => this.#listener.tell(participantId, name, data),
      demandChanged: (trackId) => this.#tracks.get(trackId)?.demand?.update(),
    };
  }

  *#receivable(): Iterable<HeardTrack> {
    yield* this.#tracks.values();
    yield* this.#hearing.tracks;
  }

  #makeHearing(): Hearing {
    const { hearing: rules, clock, random, logger } = this.#deps;
    return new Hearing({
      rules,
      clock,
      random,
      logger,
      tracks: () => this.#tracks.values(),
      onMode: () => this.#lookAll(),
      onHolder: (slot, { now, before }) => {
        for (const one of [now, before])
          if (one !== undefined) this.#participants.get(one)?.receiver.slotChanged(slot);
      },
      listener: () => this.#exchange,
      inUse: () => Array.from(this.#participants.values()).some(({ receiver }) => receiver.hearsSlots),
    });
  }

  #of(participantId: ParticipantId): ParticipantMedia {
    const media = this.#participants.get(participantId);
    if (media) return media;
    throw unknownTransport();
  }

  async #pause({ trackId, producer }: SentTrack, paused: boolean): Promise<void> {
    try {
      await (paused ? producer.pause() : producer.resume());
      for (const media of this.#participants.values()) media.receiver.producerPaused(trackId);
    } catch (error) {
      this.#deps.logger.debug({ err: error, trackId }, 'a track was gone before it could be muted');
    }
  }

  #forgetTrack(track: SentTrack): void {
    const { trackId, participantId, demand, producer } = track;
    this.#hearing.forget(trackId);
    this.#tracks.delete(trackId);
    this.#participants.get(participantId)?.scores.delete(trackId);
    demand?.close();
    producer.close();
    for (const media of this.#participants.values()) media.receiver.trackGone(trackId);
  }

  /** What counts for how people hear each other is the whole meeting, not those who happen to be here. */
  #peopleChanged(): void {
    this.#hearing.peopleChanged(this.#participants.size + this.#elsewhere.size);
  }

  #watched(trackId: TrackId): number {
    let highest = -1;
    for (const media of this.#participants.values()) {
      highest = Math.max(highest, media.receiver.watches(trackId));
    }
    return Math.max(highest, this.#exchange.watchedElsewhere(trackId));
  }

  #makeExchange(): Exchange {
    const { clock, logger } = this.#deps;
    return new Exchange({
      clock,
      logger,
      room: () => this.#rooms.room,
      voices: () => this.#hearing,
      wishes: () => localWishes(Array.from(this.#participants.values(), ({ receiver }) => receiver)),
      local: (trackId) => this.#tracks.get(trackId)?.producer,
      arrived: (arrived) => this.#arrived(arrived),
      muted: ({ participantId, trackId, muted }) => this.setMuted(participantId, trackId, muted),
      left: (trackId) => {
        const track = this.#tracks.get(trackId);
        if (track) this.#forgetTrack(track);
      },
      demandChanged: (trackId) => this.#tracks.get(trackId)?.demand?.update(),
    });
  }

  /** Another router's stream is here. */
  #arrived(arrived: Arrived): void {
    const { trackId } = arrived.track;
    const track = sentElsewhere(arrived, this.#deps.clock, () => this.#watched(trackId));
    this.#tracks.set(trackId, track);
    if (!track.producer.paused) this.#hearing.hear(track);
    this.#lookAll();
  }

  #lookAll(): void {
    for (const media of this.#participants.values()) media.receiver.look();
  }
}
