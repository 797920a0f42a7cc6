import type { ChatLineId, MediaSource, MeetingSettings, ParticipantId, Role } from '@guildhall/domain';
import { ChatLineIdSchema, newIdText, TrackIdSchema, type WantedTile } from '@guildhall/protocol';
import type { InputToSend } from '@guildhall/rpc';
import { ChatOutbox } from './chat-outbox.ts';
import type { ClientDeps } from './deps.ts';
import { wireEvents } from './events.ts';
import { Connection } from './link/connection.ts';
import { asGuildhallError, finalError } from './link/errors.ts';
import { Heartbeat } from './link/heartbeat.ts';
import { askAgain, askWhether, type AwayRight, type JoinWish } from './link/join.ts';
import { LinkSlot, type RouterHalf, type RouterRequest } from './link/slot.ts';
import { MediaController } from './media/controller.ts';
import { Receivers } from './media/receivers.ts';
import { Sources } from './media/sources.ts';
import { Session } from './session.ts';
import { createStore, type ReadableStore, type Store } from './store.ts';
import { initialState, type MeetingEnd, type MeetingNotice, type MeetingState } from './types.ts';

/** One person in one meeting. Owns everything it holds; local tracks stay their maker's. */
export class MeetingClient {
  readonly #deps: ClientDeps;
  readonly #store: Store<MeetingState> = createStore(initialState);
  readonly #notices = new Set<(notice: MeetingNotice) => void>();
  readonly #link: LinkSlot;
  readonly #sources: Sources;
  readonly #receivers: Receivers;
  readonly #media: MediaController;
  readonly #chat: ChatOutbox;
  readonly #abort = new AbortController();
  readonly #heartbeat: Heartbeat;
  readonly #session: Session;
  #connection: Connection | undefined;

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
      onSettled: (source) => this.#session.settled(source),
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
    this.#session = new Session({
      store: this.#store,
      link,
      sources: this.#sources,
      receivers: this.#receivers,
      media: this.#media,
      chat: this.#chat,
      heartbeat: this.#heartbeat,
      clock,
      signal: this.#abort.signal,
      onNotice: (notice) => this.#notify(notice),
      onElsewhere: () => this.#connection?.renew(true),
      onMoving: () => this.#connection?.move(),
      onEnd: (end) => this.#finish(end),
    });
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
    this.#session.firstTiles = wish.firstTiles;
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
      onPeer: (peer, gate) => wireEvents(peer, gate, this.#session.handlers()),
      onHello: (peer, hello, how) => this.#session.begin(peer, hello, how),
      onDown: () => this.#session.down(),
      onEnd: (end) => this.#finish(end),
      resume: () => this.#session.resume,
    });
    await this.#connection.start();
  }

  #ask<K extends RouterRequest>(name: K, input: InputToSend<RouterHalf, K>): Promise<void> {
    return this.#link.ask(name, input, this.#abort.signal).then(() => undefined);
  }

  #notify(notice: MeetingNotice): void {
    for (const listener of this.#notices) listener(notice);
  }

  #finish(end: MeetingEnd): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#heartbeat.stop();
    this.#session.close();
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
