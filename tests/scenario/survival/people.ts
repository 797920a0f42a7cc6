import {
  ErrorEnvelope,
  JoinAnswer,
  meetingContract,
  protocolVersions,
  ZoneJoinAnswer,
} from '@guildhall/protocol';
import { createPeer, isGuildhallError } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import {
  createMeetingClient,
  platformDeps,
  type MediaPort,
  type MeetingClient,
} from '@guildhall/meeting-client';
import { until, type PortalApi } from '@guildhall/testkit';

/** Sends and receives nothing: these scenarios are about who is in the meeting and what was said and decided. */
const noMedia: MediaPort = {
  prepare: () => Promise.resolve(),
  open: () =>
    Promise.resolve({
      rtpCapabilities: { codecs: [], headerExtensions: [] },
      produce: () => Promise.reject(new Error('nothing is sent here')),
      consume: () => Promise.reject(new Error('nothing is received here')),
      restartIce: () => Promise.resolve(),
      close: () => undefined,
    }),
};

export interface Place {
  readonly portalUrl: string;
  readonly number: string;
  readonly passcode: string;
}

/** Somebody in a meeting, through the product's own client and without a browser. */
export class Attendant {
  readonly name: string;
  readonly client: MeetingClient;
  readonly #place: Place;
  #controllers: readonly string[] = [];
  #rejoin = '';

  private constructor(name: string, place: Place, api: PortalApi | undefined) {
    this.name = name;
    this.#place = place;
    const ask = (url: string, init: RequestInit): Promise<Response> =>
      api ? api.fetch(url, init) : fetch(url, init);
    this.client = createMeetingClient({
      ...platformDeps(noMedia),
      fetch: async (url, init) => {
        const response = await ask(url, init);
        if (response.ok && url.includes('/api/v1/meetings/')) {
          this.#controllers = JoinAnswer.parse(await response.clone().json()).controllers;
        } else if (response.ok && url.endsWith('/v1/join')) {
          this.#rejoin = ZoneJoinAnswer.parse(await response.clone().json()).rejoin;
        }
        return response;
      },
    });
  }

  /** @param api of the owner, who comes as host; without it somebody comes as guest */
  static async join(name: string, place: Place, api?: PortalApi): Promise<Attendant> {
    const one = new Attendant(name, place, api);
    await one.client.join({ ...one.#place, name });
    return one;
  }

  /**
   * Comes back with the right to return, as a program that does not care what it was told: how that ends. A router that
   * is too busy has not answered yet.
   */
  comeBack(): Promise<string> {
    return until('an answer', async () => {
      const answer = await this.#comeBackOnce();
      return answer !== 'router.overloaded' && answer;
    });
  }

  async #comeBackOnce(): Promise<string> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rejoin: this.#rejoin }),
    };
    // As the client does: all of them at once, and the first that answers.
    const response = await Promise.any(this.#controllers.map((url) => fetch(`${url}/v1/join`, init)));
    const body: unknown = await response.json();
    if (!response.ok) return ErrorEnvelope.parse(body).error.code;
    const { seat, routerUrls } = ZoneJoinAnswer.parse(body);
    const pipe = await dialWs({ url: routerUrls[0] ?? '' });
    const peer = createPeer({ contract: meetingContract, side: 'b', pipe, handlers: {} });
    try {
      const hello = { protocol: protocolVersions.max, features: [], seat };
      return (await peer.request('hello', hello)).state;
    } catch (error) {
      return isGuildhallError(error) ? error.code : String(error);
    } finally {
      peer.close(1000, 'seen enough');
    }
  }

  get state() {
    return this.client.store.getSnapshot();
  }

  /** Names in the roster as this one sees it, sorted. */
  get roster(): string[] {
    return (this.state.view?.participants ?? []).map(({ name }) => name).toSorted();
  }

  get chat(): string[] {
    return (this.state.view?.chat ?? []).map(({ text }) => text);
  }

  idOf(name: string) {
    const found = this.state.view?.participants.find((one) => one.name === name);
    if (!found) throw new Error(`${this.name} does not see ${name}`);
    return found.participantId;
  }

  waitingId(name: string) {
    const found = this.state.view?.lobby.find((one) => one.name === name);
    if (!found) throw new Error(`${this.name} sees no ${name} waiting`);
    return found.participantId;
  }
}
