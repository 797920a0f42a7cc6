import type { MediaSource, MeetingChange, MeetingView, ParticipantView } from '@guildhall/domain';
import {
  meetingContract,
  MeetingIdSchema,
  ParticipantIdSchema,
  RouterIdSchema,
  TrackIdSchema,
  type HelloAnswer,
  type MediaOffer,
} from '@guildhall/protocol';
import {
  createPeer,
  GuildhallError,
  memoryPipePair,
  type Handlers,
  type LinkClock,
  type Peer,
  type Pipe,
} from '@guildhall/rpc';
import { openSettings } from '@guildhall/testkit/meeting-settings';
import { MeetingClient } from './client.ts';
import type { ClientDeps } from './deps.ts';
import type { MediaHooks, MediaPort, MediaSession } from './media/port.ts';

/** Lets everything that only waits for promises come to rest. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 400; turn++) await Promise.resolve();
};

/** A clock that stands still until told. */
export class TestClock implements LinkClock {
  #nowMs = 1_900_000_000_000;
  readonly #due = new Map<object, { readonly atMs: number; readonly callback: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): { cancel: () => void } {
    const key = {};
    this.#due.set(key, { atMs: this.#nowMs + delayMs, callback });
    return { cancel: () => this.#due.delete(key) };
  }

  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const [next] = [...this.#due]
        .filter(([, due]) => due.atMs <= untilMs)
        .toSorted((a, b) => a[1].atMs - b[1].atMs);
      if (!next) break;
      this.#due.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1].atMs);
      next[1].callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

const id = (prefix: string, name: string): string => `${prefix}_${name.padEnd(12, '0')}`;
export const personId = (name: string) => ParticipantIdSchema.parse(id('prt', name));
export const trackId = (name: string) => TrackIdSchema.parse(id('trk', name));
export const selfId = personId('self');

export const person = (name: string): ParticipantView => ({
  participantId: personId(name),
  name,
  role: 'participant',
  presence: 'connected',
  joinedAtMs: 1,
  handRaisedAtMs: null,
  tracks: [],
});

export const viewOf = (...people: string[]): MeetingView => ({
  meetingId: MeetingIdSchema.parse(id('mtg', 'one')),
  number: '123456789',
  topic: 'Weekly',
  startedAtMs: 1,
  locked: false,
  settings: openSettings,
  participants: people.map(person),
  lobby: [],
  chat: [],
  activeSpeaker: null,
});

export const offerOf = (epoch: number): MediaOffer => {
  const fingerprint = {
    algorithm: 'sha-256' as const,
    value: Array.from({ length: 32 }, () => 'AA').join(':'),
  };
  const transport = (name: string) => ({
    transportId: `${name}-${epoch}`,
    iceParameters: { usernameFragment: 'abcd', password: 'a'.repeat(22), iceLite: true },
    iceCandidates: [],
    dtlsParameters: { role: 'auto' as const, fingerprints: [fingerprint] },
  });
  const routerRtpCapabilities = { codecs: [], headerExtensions: [] };
  return { epoch, routerRtpCapabilities, send: transport('send'), recv: transport('recv') };
};

export interface FakeSession extends MediaSession {
  readonly epoch: number;
  readonly hooks: MediaHooks;
  readonly sent: { source: MediaSource; muted: boolean; limit: number }[];
  closed: boolean;
}

/** Media without media: same order of calls, no network. */
export class FakeMedia implements MediaPort {
  readonly sessions: FakeSession[] = [];
  /** Whether what is received really comes. */
  arrives = true;

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  get session(): FakeSession {
    const last = this.sessions.at(-1);
    if (!last) throw new Error('no media session was opened');
    return last;
  }

  open(offer: MediaOffer, hooks: MediaHooks): Promise<MediaSession> {
    const session: FakeSession = {
      epoch: offer.epoch,
      hooks,
      sent: [],
      closed: false,
      rtpCapabilities: { codecs: [], headerExtensions: [] },
      produce: ({ source, trackId: chosen, track, muted }) => {
        const one = { source, muted, limit: 3 };
        session.sent.push(one);
        hooks.produce({
          transportId: offer.send.transportId,
          trackId: chosen,
          kind: track.kind === 'audio' ? 'audio' : 'video',
          source,
          rtpParameters: {
            codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000 }],
            encodings: [{}],
          },
          muted,
        });
        return Promise.resolve({
          replaceTrack: () => Promise.resolve(),
          setMuted: (value: boolean) => void (one.muted = value),
          limitLayers: (layer: number) => Promise.resolve(void (one.limit = layer)),
          close: () => void session.sent.splice(session.sent.indexOf(one), 1),
        });
      },
      consume: ({ consumerId, kind }) =>
        Promise.resolve({
          track: fakeTrack(kind, consumerId),
          hasArrived: () => Promise.resolve(this.arrives),
          close: () => undefined,
        }),
      restartIce: () => Promise.resolve(),
      close: () => void (session.closed = true),
    };
    this.sessions.push(session);
    return Promise.resolve(session);
  }
}

export const fakeTrack = (kind: string, name: string): MediaStreamTrack => {
  const track: Partial<MediaStreamTrack> = { kind, id: name, enabled: true };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing here looks at more of a track
  return track as MediaStreamTrack;
};

type RouterPeer = Peer<typeof meetingContract, 'a'>;
type RouterHandlers = Handlers<(typeof meetingContract)['a']>;

/** The other side in a test: one zone, routers by address, answers to hello as the test says. */
export class FakeZone {
  readonly clock = new TestClock();
  readonly media = new FakeMedia();
  /** What was asked of the routers: `name` and input, in order. */
  readonly asked: { name: string; input: unknown; routerUrl: string }[] = [];
  readonly joins: unknown[] = [];
  readonly peers: RouterPeer[] = [];
  routerUrl = 'ws://router-1/';
  /** Addresses at which nobody answers. */
  readonly dead = new Set<string>();
  cloud: () => Response = () => Response.json(this.cloudAnswer());
  hello: (
    input: { resume?: { sessionId: string; rev: number } },
    routerUrl: string,
  ) => HelloAnswer | Promise<HelloAnswer> = () => this.joined(1, 'self', 'ann');
  answers: Partial<RouterHandlers> = {};

  readonly deps: ClientDeps = {
    media: this.media,
    clock: this.clock,
    random: { float: () => 0.5 },
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    fetch: (url, init) => this.fetch(url, init),
    openLink: (url) => this.#dial(url),
  };
  readonly client = new MeetingClient(this.deps);
  /** Code with which the zone refuses a token. */
  refuse: (token: unknown) => string | undefined = () => undefined;

  fetch = async (url: string, init: RequestInit): Promise<Response> => this.#fetch(url, init);

  get state() {
    return this.client.store.getSnapshot();
  }

  get router(): RouterPeer {
    const last = this.peers.at(-1);
    if (!last) throw new Error('nobody dialled');
    return last;
  }

  asks(name: string): unknown[] {
    return this.asked.filter((one) => one.name === name).map((one) => one.input);
  }

  changed(rev: number, ...changes: MeetingChange[]): void {
    this.router.emit('meeting.changed', { rev, changes });
  }

  /** Joins and lets everything come to rest. */
  async join(): Promise<void> {
    const joining = this.client.join({ portalUrl: 'http://portal', number: '123456789', name: 'Me' });
    await this.clock.advance(0);
    await joining;
    await settle();
  }

  joined(rev: number, ...people: string[]): HelloAnswer {
    return {
      state: 'joined',
      sessionId: 's'.repeat(22),
      participantId: selfId,
      role: 'participant',
      resumed: false,
      rev,
      snapshot: viewOf(...people),
      missed: [],
      media: offerOf(1),
      serverTimeMs: 1,
    };
  }

  lobby(): HelloAnswer {
    return {
      state: 'lobby',
      sessionId: 's'.repeat(22),
      participantId: selfId,
      role: 'guest',
      topic: 'Weekly',
      waitingFor: 'admission',
      serverTimeMs: 1,
    };
  }

  cloudAnswer(): unknown {
    const meeting = {
      meetingId: viewOf().meetingId,
      number: '123456789',
      topic: 'Weekly',
      hostName: 'Ann',
      role: 'guest',
    };
    return { ticket: 'a.b.c', controllers: ['http://zone-1', 'http://zone-2'], meeting };
  }

  #fetch(url: string, init: RequestInit): Response {
    if (url.startsWith('http://portal/')) return this.cloud();
    const token: unknown = JSON.parse(typeof init.body === 'string' ? init.body : '{}');
    this.joins.push(token);
    const code = this.refuse(token);
    if (code !== undefined) return Response.json({ error: { code, message: code } }, { status: 410 });
    if (url.startsWith('http://zone-2')) throw new TypeError('fetch failed');
    return Response.json({
      meetingId: viewOf().meetingId,
      participantId: selfId,
      routerId: RouterIdSchema.parse(id('rtr', this.routerUrl.replace(/\W/gu, ''))),
      routerUrls: [this.routerUrl],
      seat: 's.e.at',
      rejoin: 'r.e.join',
    });
  }

  #dial(url: string): Promise<Pipe> {
    if (this.dead.has(url)) return Promise.reject(new GuildhallError('link.unreachable', 'Nobody there.'));
    const [ours, theirs] = memoryPipePair();
    const serve =
      (name: string) =>
      (input: never, context: never): unknown => {
        this.asked.push({ name, input, routerUrl: url });
        if (name === 'hello') return this.hello(input, url);
        const handler: unknown = Reflect.get(this.answers, name);
        if (typeof handler === 'function') return Reflect.apply(handler, undefined, [input, context]);
        return name === 'chat.send' ? { sentAtMs: 1 } : {};
      };
    const names = Object.keys(meetingContract.a.requests);
    const handlers = Object.fromEntries(names.map((name) => [name, serve(name)]));
    this.peers.push(
      createPeer({
        contract: meetingContract,
        side: 'a',
        pipe: theirs,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made from the contract's own names
        handlers: handlers as unknown as RouterHandlers,
        clock: this.clock,
      }),
    );
    return Promise.resolve(ours);
  }
}
