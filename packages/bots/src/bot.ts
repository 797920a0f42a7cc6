import {
  createMeetingClient,
  platformDeps,
  type MeetingClient,
  type MeetingState,
} from '@guildhall/meeting-client';
import type { WantedTile } from '@guildhall/protocol';
import type { BotEngine } from './engine/engine.ts';
import { createBotMedia, type BotMedia, type BotPattern } from './media/media.ts';
import { BotTrack } from './media/track.ts';

export interface BotWish {
  readonly portalUrl: string;
  readonly number: string;
  readonly passcode?: string | undefined;
  readonly name: string;
  readonly pattern: BotPattern;
  /** open: sends its microphone; muted: has it, silent (as most people do); none: only receives. */
  readonly mic: 'open' | 'muted' | 'none';
  readonly hasCamera: boolean;
  /** Pictures wanted of the others, and their size in device pixels. */
  readonly tiles: { readonly count: number; readonly widthPx: number; readonly heightPx: number };
}

/** One bot in one meeting: the product's own client, with the engine's media. */
export class Bot {
  readonly client: MeetingClient;
  readonly media: BotMedia;
  readonly #engine: BotEngine;
  readonly #wish: BotWish;
  #seen: MeetingState['view'] = null;
  #shown = '';

  constructor(engine: BotEngine, wish: BotWish) {
    this.#engine = engine;
    this.#wish = wish;
    this.media = createBotMedia(engine, wish.pattern);
    this.client = createMeetingClient(platformDeps(this.media));
    this.client.store.subscribe(() => this.#watchOthers());
  }

  /**
   * Joins; resolves when the person is in the meeting and media flows at least one way (or is in the lobby).
   * @throws GuildhallError the refusal; `request.timeout` after `limitMs` without media
   */
  async join(limitMs: number): Promise<void> {
    const { portalUrl, number, passcode, name, mic, hasCamera } = this.#wish;
    if (mic !== 'none')
      this.client.setSource('mic', { track: new BotTrack('audio', 'mic'), muted: mic === 'muted' });
    if (hasCamera) this.client.setSource('camera', { track: new BotTrack('video', 'camera'), muted: false });
    await this.client.join({ portalUrl, number, passcode, name });
    await this.#until(
      ({ phase, media }) => phase !== 'joined' || media === 'connected' || !this.#hasMedia(),
      limitMs,
    );
  }

  /** Receivers that the router does not mean to forward now: muted at the other end, or not wanted. */
  idleReceivers(): number[] {
    const { remote } = this.client.store.getSnapshot();
    return Object.values(remote).flatMap(({ track, paused, source, layer }) => {
      const receiver = this.media.receivers.get(track.id);
      const isIdle = paused || (source === 'camera' && layer === null);
      return receiver !== undefined && isIdle ? [receiver] : [];
    });
  }

  /** Idempotent. */
  leave(): void {
    this.client.leave();
    this.#engine.order({ do: 'forget', person: this.media.person });
  }

  #hasMedia(): boolean {
    return this.#wish.mic !== 'none' || this.#wish.hasCamera;
  }

  #until(isSo: (state: MeetingState) => boolean, limitMs: number): Promise<void> {
    const { store } = this.client;
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        stop();
        failed(new Error(`media did not connect within ${limitMs} ms`));
      }, limitMs);
      const look = (): void => {
        if (!isSo(store.getSnapshot())) return;
        clearTimeout(timer);
        stop();
        done();
      };
      const stop = store.subscribe(look);
      look();
    });
  }

  /** Keeps the wish equal to who sends pictures: a page would draw them. */
  #watchOthers(): void {
    const { view, selfId, phase } = this.client.store.getSnapshot();
    const { count, widthPx, heightPx } = this.#wish.tiles;
    if (!view || view === this.#seen || phase !== 'joined' || count === 0) return;
    this.#seen = view;
    const tiles: WantedTile[] = [];
    for (const { participantId, tracks } of view.participants) {
      if (participantId === selfId) continue;
      for (const { source } of tracks)
        if ((source === 'camera' || source === 'screen') && tiles.length < count)
          tiles.push({ participantId, source, widthPx, heightPx });
    }
    const shown = tiles.map(({ participantId, source }) => `${participantId}/${source}`).join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.client.want(tiles);
  }
}
