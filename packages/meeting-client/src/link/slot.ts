import type { meetingContract } from '@guildhall/protocol';
import {
  GuildhallError,
  isGuildhallError,
  type InputToSend,
  type LinkClock,
  type OutputReceived,
  type Peer,
  type RequestName,
} from '@guildhall/rpc';
import { pause } from './race.ts';

export type MeetingContract = typeof meetingContract;
export type MeetingPeer = Peer<MeetingContract, 'b'>;
export type RouterHalf = MeetingContract['a'];
export type RouterRequest = RequestName<RouterHalf>;

const MAX_TIMEOUTS = 3;
/** When the router did not say how soon its way to the meeting may be back. */
const ASK_AGAIN_MS = 1_000;

/**
 * The link of the moment. A request made here outlives it: when the link breaks before the answer, the request is
 * made again on the next one. Only for requests whose repetition is harmless, which all of this contract are
 * (`media.connect` too: the same parameters again change nothing).
 */
export class LinkSlot {
  readonly #clock: LinkClock;
  #peer: MeetingPeer | undefined;
  /** The link whose router said that the meeting goes on elsewhere, until there is another one. */
  #leaving: MeetingPeer | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(clock: LinkClock) {
    this.#clock = clock;
  }

  get peer(): MeetingPeer | undefined {
    return this.#peer;
  }

  set(peer: MeetingPeer | undefined): void {
    this.#peer = peer;
    this.#leaving = undefined;
    if (!peer) return;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const go of waiters) go();
  }

  /** The meeting moves: another link is on its way. */
  leaves(): void {
    this.#leaving = this.#peer;
  }

  /**
   * What somebody waits for with a finger on the button: refused at once without a link, and not repeated on the next
   * one. Only while the meeting moves it is, for the router of before decides nothing any more and says so.
   * @throws GuildhallError what the router answered, `link.closed`, `request.timeout`
   */
  async ask<K extends RouterRequest>(
    name: K,
    input: InputToSend<RouterHalf, K>,
    signal: AbortSignal,
  ): Promise<OutputReceived<RouterHalf, K>> {
    const peer = this.#peer;
    if (!peer && this.#leaving) return this.request(name, input, signal);
    if (!peer) throw new GuildhallError('link.closed', 'Not connected right now. Try again in a moment.');
    try {
      return await peer.request(name, input);
    } catch (error) {
      const hasNext = this.#leaving === peer || (this.#peer !== undefined && this.#peer !== peer);
      if (!hasNext || !isGuildhallError(error, 'link.closed')) throw error;
      return this.request(name, input, signal);
    }
  }

  /**
   * @throws GuildhallError what the router answered, `request.timeout` after three deadlines on open links, or
   * `request.cancelled` when the signal is aborted
   */
  async request<K extends RouterRequest>(
    name: K,
    input: InputToSend<RouterHalf, K>,
    signal: AbortSignal,
  ): Promise<OutputReceived<RouterHalf, K>> {
    for (let timeouts = 0; ;) {
      const peer = await this.#open(signal);
      try {
        return await peer.request(name, input, { signal });
      } catch (error) {
        if (isGuildhallError(error, 'link.closed')) {
          if (peer.isClosed || this.#leaving === peer) {
            if (this.#peer === peer) this.#peer = undefined;
          } else {
            // Our link is open: the one from this router to the meeting's own is not, and comes back.
            const gone = new AbortController();
            void peer.closed.then(() => gone.abort());
            const delayMs = error.retryAfterMs ?? ASK_AGAIN_MS;
            await pause(delayMs, this.#clock, AbortSignal.any([signal, gone.signal]));
          }
        } else if (!isGuildhallError(error, 'request.timeout') || ++timeouts >= MAX_TIMEOUTS) {
          throw error;
        }
      }
    }
  }

  #open(signal: AbortSignal): Promise<MeetingPeer> {
    if (signal.aborted) return Promise.reject(cancelled());
    if (this.#peer && !this.#peer.isClosed) return Promise.resolve(this.#peer);
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', abort);
        this.#open(signal).then(resolve, reject);
      };
      const abort = (): void => {
        this.#waiters.delete(go);
        reject(cancelled());
      };
      this.#waiters.add(go);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

const cancelled = (): GuildhallError =>
  new GuildhallError('request.cancelled', 'The request is not needed any more.');
