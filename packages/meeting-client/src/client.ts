import type {
  ChatLineId,
  MediaSource,
  MeetingSettings,
  MeetingView,
  ParticipantId,
  Role,
} from '@guildhall/domain';
import {
  ChatLineIdSchema,
  newIdText,
  slotOf,
  TrackIdSchema,
  type HelloAnswer,
  type MediaOffer,
  type WantedTile,
} from '@guildhall/protocol';
import type { InputToSend } from '@guildhall/rpc';
import { ChatOutbox } from './chat-outbox.ts';
import type { ClientDeps } from './deps.ts';
import { mutedSince, wireEvents, type EventHandlers } from './events.ts';
import { HostMutes } from './host-mutes.ts';
import { Connection, type HelloKind } from './link/connection.ts';
import { Departure } from './link/departure.ts';
import { asGuildhallError, finalError } from './link/errors.ts';
import { Heartbeat } from './link/heartbeat.ts';
import { askAgain, askWhether, type AwayRight, type JoinWish } from './link/join.ts';
import { LinkSlot, type MeetingPeer, type RouterHalf, type RouterRequest } from './link/slot.ts';
import { MediaController } from './media/controller.ts';
import { Receivers } from './media/receivers.ts';
import { Sources } from './media/sources.ts';
import { firstTilesOf } from './media/wishes.ts';
import { createStore, type ReadableStore, type Store } from './store.ts';
import { initialState, type MeetingEnd, type MeetingNotice, type MeetingState } from './types.ts';
import { ViewKeeper, type Step } from './view-keeper.ts';

/** One person in one meeting. Owns everything it holds; local tracks stay their maker's. */
export class MeetingClient {
  readonly #deps: ClientDeps;
  readonly #store: Store<MeetingState> = createStore(initialState);
  readonly #notices = new Set<(notice: MeetingNotice) => void>();
  readonly #link: LinkSlot;
  readonly #keeper = new ViewKeeper();
  readonly #sources: Sources;
  readonly #hostMutes: HostMutes;
  readonly #receivers: Receivers;
  readonly #media: MediaController;
  readonly #chat: ChatOutbox;
  readonly #abort = new AbortController();
  #connection: Connection | undefined;
  #sessionId: string | undefined;
  #healing = false;
  readonly #heartbeat: Heartbeat;
  #departure: Departure | undefined;
  #entered = false;
  #firstTiles: JoinWish['firstTiles'];

  constructor(deps: ClientDeps) {
    this.#deps = deps;
    const { clock, media: port } = deps;
    const link = new LinkSlot(clock);
    this.#link = link;
    this.#sources = new Sources({
      link,
      newTrackId: () => TrackIdSchema.parse(newIdText('track', deps.randomBytes)),
      onChange: () => this.#store.patch({ local: Object.fromEntries(this.#sources.wanted) }),
      onRefused: (source, error) => this.#notify({ kind: 'source-refused', source, error }),
      onSettled: (source) => this.#hostMutes.settled(source),
    });
    this.#hostMutes = new HostMutes({
      sources: this.#sources,
      now: () => ({ view: this.#keeper.view, selfId: this.#store.getSnapshot().selfId }),
      onMuted: (source, trackId) => this.#notify({ kind: 'muted-by-host', source, trackId }),
    });
    this.#receivers = new Receivers({ link, clock, onChange: (remote) => this.#store.patch({ remote }) });
    this.#media = new MediaController({
      port,
      link,
      clock,
      sources: this.#sources,
      receivers: this.#receivers,
      onState: (media) => this.#store.patch({ media }),
    });
    const newLineId = (): ChatLineId => ChatLineIdSchema.parse(newIdText('chatLine', deps.randomBytes));
    this.#heartbeat = new Heartbeat({
      clock,
      ask: (peer, deadlineMs) =>
        peer.request('media.want', { tiles: [...this.#media.tiles] }, { deadlineMs }),
      onDead: (peer) => {
        if (link.peer === peer) this.#connection?.renew();
      },
    });
    this.#chat = new ChatOutbox(link, newLineId, (pendingChat) => this.#store.patch({ pendingChat }));
  }

  get store(): ReadableStore<MeetingState> {
    return this.#store;
  }

  /** Told of what somebody else did to this person. Returns how to stop. */
  onNotice(listener: (notice: MeetingNotice) => void): () => void {
    this.#notices.add(listener);
    return () => this.#notices.delete(listener);
  }

  /** Does early what would slow a join down. */
  prepare(): Promise<void> {
    return this.#deps.media.prepare();
  }

  /**
   * From the portal to the router: resolves in the lobby or in the meeting. May be called again after it failed.
   * @throws GuildhallError the registered refusal, also in `state.error`
   */
  async join(wish: JoinWish): Promise<void> {
    this.#store.patch({ phase: 'joining', error: null });
    this.#firstTiles = wish.firstTiles;
    try {
      void this.prepare();
      const ways = await askWhether(this.#deps, wish, this.#abort.signal);
      await this.#enterBy(ways, wish);
    } catch (error) {
      const why = asGuildhallError(error);
      this.#connection?.close('the join failed');
      if (!this.#abort.signal.aborted) this.#store.patch({ phase: 'idle', error: why });
      throw why;
    }
  }

  /** Sends this track from now on, or nothing any more; the same source again replaces its track. */
  setSource(source: MediaSource, local: { track: MediaStreamTrack; muted: boolean } | null): void {
    this.#sources.set(source, local);
  }

  setMuted(source: MediaSource, muted: boolean): void {
    this.#sources.setMuted(source, muted);
  }

  /** The pictures shown now and their sizes in device pixels; replaces what was wanted before. */
  want(tiles: readonly WantedTile[]): void {
    this.#media.want(tiles);
  }

  /** Sends a chat line now or when the link is back; the view shows when it has arrived. */
  sendChat(text: string): ChatLineId {
    return this.#chat.add(text);
  }

  discardChat(lineId: ChatLineId): void {
    this.#chat.discard(lineId);
  }

  setHand(raised: boolean): Promise<void> {
    return this.#ask('hand.set', { raised });
  }

  admit = (participantId: ParticipantId): Promise<void> => this.#ask('host.admit', { participantId });
  admitAll = (): Promise<void> => this.#ask('host.admitAll', {});
  refuse = (participantId: ParticipantId): Promise<void> => this.#ask('host.refuse', { participantId });
  lock = (locked: boolean): Promise<void> => this.#ask('host.lock', { locked });
  mute = (participantId: ParticipantId, source: MediaSource): Promise<void> =>
    this.#ask('host.mute', { participantId, source });
  muteAll = (): Promise<void> => this.#ask('host.muteAll', {});
  remove = (participantId: ParticipantId): Promise<void> => this.#ask('host.remove', { participantId });
  setRole = (participantId: ParticipantId, role: Exclude<Role, 'guest'>): Promise<void> =>
    this.#ask('host.setRole', { participantId, role });
  setSettings = (settings: MeetingSettings): Promise<void> => this.#ask('host.setSettings', { settings });
  endForAll = (): Promise<void> => this.#ask('host.end', {});

  /** Leaves; the others see it at once when the link is up. Idempotent. */
  leave(): void {
    const peer = this.#link.peer;
    if (peer && !peer.isClosed) peer.request('leave', {}).catch(() => undefined);
    this.#finish({ kind: 'left' });
  }

  /** The network is back: ends a wait between two attempts. */
  hurry(): void {
    this.#connection?.hurry();
    this.#heartbeat.now();
  }

  /** Lets go of everything without a word to the others; they see a lost link. Idempotent. */
  close(): void {
    this.#finish({ kind: 'left' });
  }

  /** The next way only when one is refused for good, such as a token of a meeting that has ended since. */
  async #enterBy(ways: readonly AwayRight[], wish: JoinWish): Promise<void> {
    for (const [index, way] of ways.entries()) {
      try {
        return await this.#enter(way, wish);
      } catch (error) {
        this.#connection?.close('the join failed');
        if (index === ways.length - 1 || this.#abort.signal.aborted || !finalError(error)) throw error;
      }
    }
  }

  async #enter({ token, controllers, meeting }: AwayRight, wish: JoinWish): Promise<void> {
    this.#store.patch({ meeting });
    this.#connection = new Connection(this.#deps, controllers, token, {
      onRejoin: (rejoin, there) => wish.onRight?.({ token: { rejoin }, controllers: there, meeting }),
      askAgain: (signal) => askAgain(this.#deps, wish, signal),
      onPeer: (peer, gate) => wireEvents(peer, gate, this.#handlers()),
      onHello: (peer, hello, how) => this.#onHello(peer, hello, how),
      onDown: () => this.#onDown(),
      onEnd: (end) => this.#finish(end),
      resume: () => (this.#sessionId ? { sessionId: this.#sessionId, rev: this.#keeper.rev } : undefined),
    });
    await this.#connection.start();
  }

  #ask<K extends RouterRequest>(name: K, input: InputToSend<RouterHalf, K>): Promise<void> {
    return this.#link.ask(name, input, this.#abort.signal).then(() => undefined);
  }

  #onHello(peer: MeetingPeer, answer: HelloAnswer, how: HelloKind): void {
    const before = how.kind === 'moved' ? how.before : undefined;
    this.#sessionId = answer.sessionId;
    this.#store.patch({ selfId: answer.participantId, role: answer.role, linkDownSinceMs: null });
    if (answer.state === 'lobby') {
      before?.close();
      this.#media.stop();
      this.#store.patch({ phase: 'lobby', waitingFor: answer.waitingFor });
    } else {
      // Without resume what was known of media is dead, even when its numbers look alike.
      if (!before && (!answer.resumed || how.kind !== 'same')) this.#media.stop();
      const known = this.#keeper.view;
      if (answer.snapshot) this.#keeper.reset(answer.rev, answer.snapshot);
      for (const step of answer.missed) this.#apply(step);
      if (before) {
        // In order: what a host muted on the new router must be silent before it is sent there.
        this.#hostMutes.obey(mutedSince(known, this.#keeper.view));
        this.#depart(before, answer.media);
      } else this.#joined(answer.media);
    }
    this.#link.set(peer);
    if (answer.state === 'joined' && this.#keeper.rev < answer.rev) void this.#heal();
    this.#heartbeat.watch(peer);
  }

  /** The same meeting on another router: everything of before goes on until it comes from there. */
  #depart(before: MeetingPeer, offer: MediaOffer): void {
    this.#departure?.close();
    this.#departure = new Departure({
      before,
      ...this.#media.succeed(offer),
      clock: this.#deps.clock,
    });
    this.#showView();
    this.#store.patch({ phase: 'joined', waitingFor: null });
  }

  #joined(offer: MediaOffer): void {
    const view = this.#keeper.view;
    const isFirst = !this.#entered;
    this.#entered = true;
    this.#showView();
    if (isFirst && view?.settings.muteOnEntry && !this.#isHost()) this.#muteOnEntry();
    if (isFirst && view) this.#wantFirst(view);
    this.#store.patch({ phase: 'joined', waitingFor: null });
    this.#media.start(offer, this.#othersSend());
  }

  #muteOnEntry(): void {
    const mic = this.#sources.wanted.get('mic');
    if (!mic || mic.muted) return;
    this.#sources.setMuted('mic', true);
    this.#notify({ kind: 'muted-on-entry', source: 'mic' });
  }

  /** Before the page has drawn a tile: everybody at a common size, so that the first picture need not wait for it. */
  #wantFirst(view: MeetingView): void {
    const size = this.#firstTiles;
    if (!size || this.#media.drawn.length > 0) return;
    this.#media.want(firstTilesOf(view, this.#store.getSnapshot().selfId, size));
  }

  #onDown(): void {
    this.#link.set(undefined);
    this.#heartbeat.stop();
    const { phase } = this.#store.getSnapshot();
    this.#store.patch({
      linkDownSinceMs: this.#deps.clock.now(),
      ...(phase === 'joined' ? { phase: 'reconnecting' as const } : {}),
    });
  }

  #handlers(): EventHandlers {
    return {
      'meeting.changed': (step) => this.#apply(step),
      'meeting.ended': ({ reason }) => {
        // Moved: the same meeting is open elsewhere, and the zone knows where.
        if (reason === 'moved') this.#connection?.renew(true);
        else this.#finish({ kind: 'ended', reason });
      },
      'meeting.moving': () => {
        this.#link.leaves();
        this.#connection?.move();
      },
      'lobby.admitted': ({ rev, snapshot, media, role }) => {
        this.#store.patch({ role });
        this.#keeper.reset(rev, snapshot);
        this.#joined(media);
      },
      'lobby.refused': () => this.#finish({ kind: 'refused' }),
      'lobby.waitingFor': ({ waitingFor }) => this.#store.patch({ waitingFor }),
      'you.removed': () => this.#finish({ kind: 'removed' }),
      'media.reset': ({ media }) => this.#media.start(media, this.#othersSend()),
      'consumer.added': (event) => {
        if (event.epoch === this.#media.epoch) this.#receivers.added(event);
      },
      'consumer.removed': ({ consumerId }) => this.#receivers.removed(consumerId),
      'consumer.paused': ({ consumerId, paused }) => this.#receivers.paused(consumerId, paused),
      'consumer.layers': ({ consumerId, spatialLayer }) => this.#receivers.layers(consumerId, spatialLayer),
      'track.demand': ({ trackId, maxSpatialLayer }) => this.#sources.limit(trackId, maxSpatialLayer),
      speakers: ({ speakers }) => {
        this.#store.patch({ speakers: new Map(speakers.map((one) => [one.participantId, one.levelDb])) });
      },
      'meeting.turnedAway': ({ why }) => this.#notify({ kind: 'turned-away', why }),
      'link.quality': (quality) => this.#store.patch({ quality }),
    };
  }

  #apply(step: Step): void {
    if (!this.#keeper.apply(step)) return void this.#heal();
    this.#showView();
    this.#hostMutes.obey(step.changes);
  }

  #showView(): void {
    const { view } = this.#keeper;
    if (!view) return;
    const { selfId, role } = this.#store.getSnapshot();
    const self = view.participants.find((one) => one.participantId === selfId);
    this.#store.patch({ view, role: self?.role ?? role });
    this.#chat.confirm(view);
    this.#receivers.retain(
      (participantId, source) =>
        slotOf(participantId) !== undefined ||
        view.participants.some(
          (one) => one.participantId === participantId && one.tracks.some((track) => track.source === source),
        ),
    );
  }

  /** A step is missing: the whole view is the cure. */
  async #heal(): Promise<void> {
    if (this.#healing) return;
    this.#healing = true;
    try {
      for (;;) {
        const { rev, view } = await this.#link.request('view.get', {}, this.#abort.signal);
        if (rev >= this.#keeper.rev && this.#keeper.reset(rev, view)) break;
      }
      this.#showView();
    } catch {
      // The link is closing; hello brings the view again.
    } finally {
      this.#healing = false;
    }
  }

  #othersSend(): boolean {
    const { view, selfId } = this.#store.getSnapshot();
    return view?.participants.some((one) => one.participantId !== selfId && one.tracks.length > 0) ?? false;
  }

  #isHost(): boolean {
    const { role } = this.#store.getSnapshot();
    return role === 'host' || role === 'co-host';
  }

  #notify(notice: MeetingNotice): void {
    for (const listener of this.#notices) listener(notice);
  }

  #finish(end: MeetingEnd): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#heartbeat.stop();
    this.#departure?.close();
    this.#chat.close();
    this.#media.stop();
    this.#receivers.close();
    // After the leave request: the link keeps the order.
    this.#connection?.close(end.kind);
    this.#link.set(undefined);
    this.#store.patch({ phase: 'ended', end, linkDownSinceMs: null, media: 'none', speakers: new Map() });
  }
}

/** A client for one meeting; join it with `join`. */
export const createMeetingClient = (deps: ClientDeps): MeetingClient => new MeetingClient(deps);
