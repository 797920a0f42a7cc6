import type {
  ChatLineId,
  MeetingId,
  MeetingSettings,
  MeetingView,
  OverloadCause,
  NodeId,
  ParticipantId,
  Role,
  RouterId,
  TrackId,
} from '@guildhall/domain';
import { applyChanges } from '@guildhall/domain';
import {
  FakeClock,
  generateSigningKey,
  publicKeyOf,
  seededRandom,
  signToken,
  silentLogger,
} from '@guildhall/kit';
import {
  ChatLineIdSchema,
  meetingContract,
  MeetingIdSchema,
  NodeIdSchema,
  ParticipantIdSchema,
  protocolVersions,
  routerAudience,
  RouterIdSchema,
  seatLifetimeMs,
  TrackIdSchema,
  zoneContract,
  ZoneIdSchema,
  type HelloAnswer,
  type MediaOffer,
  type MeetingEvent,
} from '@guildhall/protocol';
import {
  createPeer,
  GuildhallError,
  memoryPipePair,
  type CloseInfo,
  type InputReceived,
  type Peer,
  type Pipe,
} from '@guildhall/rpc';
import { openSettings } from '@guildhall/testkit/meeting-settings';
import { createFakeEngine } from '../../../apps/mmr/src/engine/fake/index.ts';
import { MeetingMedia } from '../../../apps/mmr/src/media/meeting-media.ts';
import { hearingRules } from '../../../apps/mmr/src/media/slots/hearing.ts';
import { MeetingDirectory } from '../../../apps/mmr/src/meeting/directory.ts';
import { Connection } from '../../../apps/mmr/src/signalling/connection.ts';
import { Room } from '../../../apps/mmr/src/signalling/room.ts';
import { ZoneLinks } from '../../../apps/mmr/src/zone-link/zone-links.ts';
import { camera, dtls, microphone } from '../../contract/engine/fixtures.ts';

export { openSettings };

/** A router of the fake engine with one controller and any number of browsers, all in memory and on a clock of its own. */

export const meetingId: MeetingId = MeetingIdSchema.parse('mtg_0000000000');
export const prt = (name: string): ParticipantId => ParticipantIdSchema.parse(`prt_${name.padEnd(10, '0')}`);
export const line = (name: string): ChatLineId => ChatLineIdSchema.parse(`cht_${name.padEnd(10, '0')}`);
let trackCount = 0;
export const newTrack = (): TrackId => {
  trackCount += 1;
  return TrackIdSchema.parse(`trk_${String(trackCount).padStart(10, '0')}`);
};
const nodeId: NodeId = NodeIdSchema.parse('nod_0000000000');
const routerId: RouterId = RouterIdSchema.parse('rtr_0000000000');
const zoneId = ZoneIdSchema.parse('zon_0000000000');

type ZonePeer = Peer<typeof zoneContract, 'a'>;
type Checkpoint = InputReceived<(typeof zoneContract)['a'], 'checkpoint.put'>;

export const makeRouter = async (settings: Partial<MeetingSettings> = {}, slotsAbove = 12) => {
  const clock = new FakeClock();
  const random = seededRandom(7);
  const engine = createFakeEngine({ logger: silentLogger });
  const key = await generateSigningKey();
  const controller = {
    up: true,
    /** What the router measures. */
    overload: null as OverloadCause | null,
    /** While false a checkpoint is taken but not answered. */
    stores: true,
    checkpoints: [] as Checkpoint[],
    /** What the zone's store says to it; throws to refuse. */
    onCheckpoint: (_input: Checkpoint): void => undefined,
    ends: [] as InputReceived<(typeof zoneContract)['a'], 'meeting.ended'>[],
    events: [] as MeetingEvent[],
    peer: undefined as ZonePeer | undefined,
  };
  const stuck = (): Promise<never> => Promise.withResolvers<never>().promise;
  const dial = async (): Promise<Pipe> => {
    if (!controller.up) throw new GuildhallError('link.unreachable', 'down');
    const [ours, theirs] = memoryPipePair();
    controller.peer = createPeer({
      contract: zoneContract,
      side: 'a',
      pipe: theirs,
      clock,
      limits: { maxMessageBytes: 8e6 },
      handlers: {
        register: () => ({
          zoneId,
          controllerId: nodeId,
          seatKeys: [publicKeyOf(key)],
          webOrigins: [],
          limits: { participantsPerRouter: 200, meetingsPerRouter: 3 },
        }),
        'checkpoint.put': (input) => {
          controller.onCheckpoint(input);
          controller.checkpoints.push(input);
          return controller.stores ? {} : stuck();
        },
        'meeting.ended': (input) => {
          controller.ends.push(input);
          return controller.stores ? {} : stuck();
        },
        'events.put': ({ events }) => {
          controller.events.push(...events);
          return {};
        },
      },
    });
    return ours;
  };
  const zone = new ZoneLinks({
    learnedStore: { kept: undefined, keep: () => undefined },
    urls: ['ws://controller/'],
    nodeId,
    key,
    routerId,
    signallingUrls: ['ws://router/'],
    authorityPem: undefined,
    serverName: undefined,
    orders: {
      open: (order) => meetings.open(order),
      end: (id, reason) => meetings.end(id, reason),
      handover: (id) => meetings.handover(id),
      moved: (id, epoch) => meetings.moved(id, epoch),
      drain: (order) => meetings.drain(order),
      branch: async () => undefined,
      turnedAway: (id, why) => meetings.turnedAway(id, why),
      update: (update) => meetings.update(update),
      catchUp: (missed) => meetings.catchUp(missed),
      merge: (id, other, checkpoint) => meetings.merge(id, other, checkpoint),
    },
    clock,
    random,
    logger: silentLogger,
    dial,
  });
  const meetings: MeetingDirectory = new MeetingDirectory({
    openMedia: (id, listener) =>
      MeetingMedia.open(id, listener, {
        engine,
        clock,
        random,
        logger: silentLogger,
        hearing: hearingRules(slotsAbove, 3),
      }),
    zone,
    clock,
    random,
    logger: silentLogger,
    timings: { reconnectGraceMs: 30_000, emptyGraceMs: 60_000, restoreGraceMs: 60_000 },
    maxMeetings: () => zone.limits.meetingsPerRouter,
    overload: () => controller.overload,
  });
  zone.start(
    {
      load: () => ({ participants: 0, meetings: 0, workerCpu: 0, bitrateInBps: 0, bitrateOutBps: 0 }),
      meetings: () => meetings.reports(),
      branches: () => [],
      draining: () => meetings.draining,
      drainEndsAtMs: () => meetings.drainEndsAtMs,
      overload: () => controller.overload,
    },
    () => undefined,
  );
  // The proof is signed outside of the clock.
  while (zone.linked === 0) await clock.advance(0);
  const spec = (id = meetingId) => ({
    meetingId: id,
    number: '123456789',
    topic: 'Weekly',
    settings: { ...openSettings, ...settings },
  });
  await meetings.open({ meeting: spec(), epoch: 1, checkpoint: null });

  const seat = (name: string, role: Role, change: Record<string, unknown> = {}): Promise<string> => {
    const participantId = prt(name);
    const subject = role === 'guest' ? `guest:${participantId}` : `usr_${name.padEnd(10, '0')}`;
    return signToken({
      key,
      issuer: nodeId,
      audience: routerAudience(routerId),
      typ: 'seat',
      lifetimeMs: seatLifetimeMs,
      clock,
      claims: { routerId, meetingId, participantId, subject, name, role, ...change },
    });
  };
  const room = new Room({
    limit: () => zone.limits.participantsPerRouter,
    taken: () => meetings.places,
    hasPlace: (...who) => meetings.hasPlace(...who),
  });
  const dialIn = (): { pipe: Pipe; connection: Connection } => {
    const [ours, theirs] = memoryPipePair();
    const seats = { routerId, keys: () => zone.seatKeys, clock };
    const connection = new Connection(theirs, { meetings, seats, room, clock, logger: silentLogger });
    return { pipe: ours, connection };
  };
  return { clock, engine, controller, meetings, zone, spec, seat, dialIn, key };
};
export type TestRouter = Awaited<ReturnType<typeof makeRouter>>;
/** What a browser needs of a router. */
export type Entrance = Pick<TestRouter, 'clock' | 'dialIn' | 'seat'>;

type Joined = Extract<HelloAnswer, { state: 'joined' }>;
interface Told {
  readonly name: string;
  readonly data: unknown;
}

/** A browser without media of its own: folds the changes as the page does and remembers every event. */
export class Browser {
  readonly peer: Peer<typeof meetingContract, 'b'>;
  readonly participantId: ParticipantId;
  readonly told: Told[] = [];
  readonly #router: Entrance;
  view: MeetingView | undefined;
  rev = 0;
  answer: HelloAnswer | undefined;
  media: MediaOffer | undefined;
  closed: CloseInfo | undefined;
  #connected: string | undefined;

  constructor(router: Entrance, name: string) {
    this.#router = router;
    this.participantId = prt(name);
    const { pipe } = router.dialIn();
    this.peer = createPeer({
      contract: meetingContract,
      side: 'b',
      pipe,
      handlers: {},
      clock: router.clock,
      limits: { maxMessageBytes: 8e6 },
    });
    this.peer.onAny((event, data) => this.told.push({ name: event, data }));
    this.peer.on('meeting.changed', ({ rev, changes }) => {
      if (!this.view) throw new Error('changes before a snapshot');
      if (rev !== this.rev + 1) throw new Error(`gap: ${this.rev} to ${rev}`);
      this.rev = rev;
      this.view = applyChanges(this.view, changes);
    });
    this.peer.on('lobby.admitted', ({ rev, snapshot, media }) => this.#set(rev, snapshot, media));
    this.peer.on('media.reset', ({ media }) => {
      this.media = media;
    });
    this.peer.on('consumer.added', ({ consumer }) => {
      void this.peer
        .request('media.consumerReady', { consumerId: consumer.consumerId })
        .catch(() => undefined);
    });
    void this.peer.closed.then((info) => {
      this.closed = info;
    });
  }

  async hello(seat: string, resume?: { sessionId: string; rev: number }): Promise<HelloAnswer> {
    const answer = await this.peer.request('hello', {
      protocol: protocolVersions.max,
      features: [],
      seat,
      ...(resume && { resume }),
    });
    this.answer = answer;
    if (answer.state === 'joined') {
      this.media = answer.media;
      if (answer.snapshot) this.#set(answer.rev, answer.snapshot, answer.media);
    }
    return answer;
  }

  get joined(): Joined {
    if (this.answer?.state !== 'joined') throw new Error('not joined');
    return this.answer;
  }

  /** Goes on from what another link of the same browser knew. */
  adopt(view: MeetingView | undefined, rev: number): void {
    this.view = view;
    this.rev = rev;
  }

  get offer(): MediaOffer {
    if (!this.media) throw new Error('no media offer');
    return this.media;
  }

  async attach(): Promise<void> {
    const { epoch, routerRtpCapabilities } = this.offer;
    await this.peer.request('media.attach', { epoch, rtpCapabilities: routerRtpCapabilities });
  }

  async send(source: 'mic' | 'camera', muted = false, trackId = newTrack()): Promise<TrackId> {
    const transportId = this.offer.send.transportId;
    if (this.#connected !== transportId) {
      this.#connected = transportId;
      await this.peer.request('media.connect', { transportId, dtlsParameters: dtls() });
    }
    await this.peer.request('media.produce', {
      transportId,
      trackId,
      kind: source === 'mic' ? 'audio' : 'video',
      source,
      rtpParameters: source === 'mic' ? microphone() : camera(),
      muted,
    });
    return trackId;
  }

  events(name: string): unknown[] {
    return this.told.filter((one) => one.name === name).map(({ data }) => data);
  }

  names(): string[] {
    return (this.view?.participants ?? []).map(({ name }) => name);
  }

  settle(ms = 0): Promise<void> {
    return this.#router.clock.advance(ms);
  }

  #set(rev: number, view: MeetingView, media: MediaOffer): void {
    this.rev = rev;
    this.view = view;
    this.media = media;
  }
}

/** Comes in, with media set up. */
export const join = async (router: Entrance, name: string, role: Role = 'participant'): Promise<Browser> => {
  const browser = new Browser(router, name);
  const answer = await browser.hello(await router.seat(name, role));
  if (answer.state === 'joined') await browser.attach();
  await router.clock.advance(0);
  return browser;
};

export const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    return error instanceof GuildhallError ? error.code : `not registered: ${String(error)}`;
  }
};
