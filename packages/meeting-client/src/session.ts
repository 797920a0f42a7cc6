import type { MeetingView } from '@guildhall/domain';
import { slotOf, type HelloAnswer, type MediaOffer } from '@guildhall/protocol';
import type { LinkClock } from '@guildhall/rpc';
import type { ChatOutbox } from './chat-outbox.ts';
import type { EventHandlers } from './events.ts';
import { HostMutes, mutedSince } from './host-mutes.ts';
import type { HelloKind } from './link/connection.ts';
import { Departure } from './link/departure.ts';
import type { Heartbeat } from './link/heartbeat.ts';
import type { JoinWish } from './link/join.ts';
import type { LinkSlot, MeetingPeer } from './link/slot.ts';
import type { MediaController } from './media/controller.ts';
import type { Receivers } from './media/receivers.ts';
import type { Sources } from './media/sources.ts';
import { firstTilesOf } from './media/wishes.ts';
import type { Store } from './store.ts';
import type { MeetingEnd, MeetingNotice, MeetingState } from './types.ts';
import { ViewKeeper, type Step } from './view-keeper.ts';

export interface SessionOptions {
  readonly store: Store<MeetingState>;
  readonly link: LinkSlot;
  readonly sources: Sources;
  readonly receivers: Receivers;
  readonly media: MediaController;
  readonly chat: ChatOutbox;
  readonly heartbeat: Heartbeat;
  readonly clock: LinkClock;
  /** Aborted when this person's meeting is over for good. */
  readonly signal: AbortSignal;
  readonly onNotice: (notice: MeetingNotice) => void;
  /** The meeting is open elsewhere, and the zone knows where: the link is to be made anew. */
  readonly onElsewhere: () => void;
  /** The meeting goes on on another router: a link there is to be made beside the present one. */
  readonly onMoving: () => void;
  readonly onEnd: (end: MeetingEnd) => void;
}

/** What the router says, on hello and by its events, and what follows from it for the state, the view and the media. */
export class Session {
  readonly #options: SessionOptions;
  readonly #keeper = new ViewKeeper();
  readonly #hostMutes: HostMutes;
  #sessionId: string | undefined;
  #healing = false;
  #departure: Departure | undefined;
  #entered = false;
  #firstTiles: JoinWish['firstTiles'];

  constructor(options: SessionOptions) {
    this.#options = options;
    const { sources, store, onNotice } = options;
    this.#hostMutes = new HostMutes({
      sources,
      now: () => ({ view: this.#keeper.view, selfId: store.getSnapshot().selfId }),
      onMuted: (source, trackId) => onNotice({ kind: 'muted-by-host', source, trackId }),
    });
  }

  /** What a new link to the same router resumes with; undefined before the first hello. */
  get resume(): { readonly sessionId: string; readonly rev: number } | undefined {
    return this.#sessionId ? { sessionId: this.#sessionId, rev: this.#keeper.rev } : undefined;
  }

  /** At which size everybody is asked for on entry, before the page has drawn a tile. */
  set firstTiles(size: JoinWish['firstTiles']) {
    this.#firstTiles = size;
  }

  /** The router has answered all that the person chose for this source. */
  settled: HostMutes['settled'] = (source) => this.#hostMutes.settled(source);

  /** Hello was answered on a new link. */
  begin(peer: MeetingPeer, answer: HelloAnswer, how: HelloKind): void {
    const { store, media, link, heartbeat } = this.#options;
    const before = how.kind === 'moved' ? how.before : undefined;
    this.#sessionId = answer.sessionId;
    store.patch({ selfId: answer.participantId, role: answer.role, linkDownSinceMs: null });
    if (answer.state === 'lobby') {
      before?.close();
      media.stop();
      store.patch({ phase: 'lobby', waitingFor: answer.waitingFor });
    } else {
      // Without resume what was known of media is dead, even when its numbers look alike.
      if (!before && (!answer.resumed || how.kind !== 'same')) media.stop();
      const known = this.#keeper.view;
      if (answer.snapshot) this.#keeper.reset(answer.rev, answer.snapshot);
      for (const step of answer.missed) this.#apply(step);
      if (before) {
        // In order: what a host muted on the new router must be silent before it is sent there.
        this.#hostMutes.obey(mutedSince(known, this.#keeper.view));
        this.#depart(before, answer.media);
      } else this.#joined(answer.media);
    }
    link.set(peer);
    if (answer.state === 'joined' && this.#keeper.rev < answer.rev) void this.#heal();
    heartbeat.watch(peer);
  }

  /** The link is gone, and a new one is not there yet. */
  down(): void {
    const { store, link, heartbeat, clock } = this.#options;
    link.set(undefined);
    heartbeat.stop();
    const { phase } = store.getSnapshot();
    store.patch({
      linkDownSinceMs: clock.now(),
      ...(phase === 'joined' ? { phase: 'reconnecting' as const } : {}),
    });
  }

  /** What to do on each event of the router. */
  handlers(): EventHandlers {
    const { store, link, sources, receivers, media, onNotice, onElsewhere, onMoving, onEnd } = this.#options;
    return {
      'meeting.changed': (step) => this.#apply(step),
      'meeting.ended': ({ reason }) => {
        if (reason === 'moved') onElsewhere();
        else onEnd({ kind: 'ended', reason });
      },
      'meeting.moving': () => {
        link.leaves();
        onMoving();
      },
      'lobby.admitted': ({ rev, snapshot, media: offer, role }) => {
        store.patch({ role });
        this.#keeper.reset(rev, snapshot);
        this.#joined(offer);
      },
      'lobby.refused': () => onEnd({ kind: 'refused' }),
      'lobby.waitingFor': ({ waitingFor }) => store.patch({ waitingFor }),
      'you.removed': () => onEnd({ kind: 'removed' }),
      'media.reset': ({ media: offer }) => media.start(offer, this.#othersSend()),
      'consumer.added': (event) => {
        if (event.epoch === media.epoch) receivers.added(event);
      },
      'consumer.removed': ({ consumerId }) => receivers.removed(consumerId),
      'consumer.paused': ({ consumerId, paused }) => receivers.paused(consumerId, paused),
      'consumer.layers': ({ consumerId, spatialLayer }) => receivers.layers(consumerId, spatialLayer),
      'track.demand': ({ trackId, maxSpatialLayer }) => sources.limit(trackId, maxSpatialLayer),
      speakers: ({ speakers }) => {
        store.patch({ speakers: new Map(speakers.map((one) => [one.participantId, one.levelDb])) });
      },
      'meeting.turnedAway': ({ why }) => onNotice({ kind: 'turned-away', why }),
      'link.quality': (quality) => store.patch({ quality }),
    };
  }

  /** Idempotent. */
  close(): void {
    this.#departure?.close();
  }

  /** The same meeting on another router: everything of before goes on until it comes from there. */
  #depart(before: MeetingPeer, offer: MediaOffer): void {
    const { media, clock, store } = this.#options;
    this.#departure?.close();
    this.#departure = new Departure({ before, ...media.succeed(offer), clock });
    this.#showView();
    store.patch({ phase: 'joined', waitingFor: null });
  }

  #joined(offer: MediaOffer): void {
    const { store, media } = this.#options;
    const view = this.#keeper.view;
    const isFirst = !this.#entered;
    this.#entered = true;
    this.#showView();
    if (isFirst && view?.settings.muteOnEntry && !this.#isHost()) this.#muteOnEntry();
    if (isFirst && view) this.#wantFirst(view);
    store.patch({ phase: 'joined', waitingFor: null });
    media.start(offer, this.#othersSend());
  }

  #muteOnEntry(): void {
    const { sources, onNotice } = this.#options;
    const mic = sources.wanted.get('mic');
    if (!mic || mic.muted) return;
    sources.setMuted('mic', true);
    onNotice({ kind: 'muted-on-entry', source: 'mic' });
  }

  /** Before the page has drawn a tile: everybody at a common size, so that the first picture need not wait for it. */
  #wantFirst(view: MeetingView): void {
    const { media, store } = this.#options;
    const size = this.#firstTiles;
    if (!size || media.drawn.length > 0) return;
    media.want(firstTilesOf(view, store.getSnapshot().selfId, size));
  }

  #apply(step: Step): void {
    if (!this.#keeper.apply(step)) return void this.#heal();
    this.#showView();
    this.#hostMutes.obey(step.changes);
  }

  #showView(): void {
    const { store, chat, receivers } = this.#options;
    const { view } = this.#keeper;
    if (!view) return;
    const { selfId, role } = store.getSnapshot();
    const self = view.participants.find((one) => one.participantId === selfId);
    store.patch({ view, role: self?.role ?? role });
    chat.confirm(view);
    receivers.retain(
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
        const { rev, view } = await this.#options.link.request('view.get', {}, this.#options.signal);
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
    const { view, selfId } = this.#options.store.getSnapshot();
    return view?.participants.some((one) => one.participantId !== selfId && one.tracks.length > 0) ?? false;
  }

  #isHost(): boolean {
    const { role } = this.#options.store.getSnapshot();
    return role === 'host' || role === 'co-host';
  }
}
