import { Me, Meeting, Ok } from '@guildhall/protocol';
import { ApiClient } from '../api.ts';

/** The meetings of one load, made by the owner through the public API and deleted afterwards. */
export class LoadMeetings {
  readonly #portal: ApiClient;
  readonly #made: Meeting[] = [];

  private constructor(portal: ApiClient) {
    this.#portal = portal;
  }

  /** @throws ApiError when the owner may not sign in */
  static async signIn(portalUrl: string, owner: { email: string; password: string }): Promise<LoadMeetings> {
    const portal = new ApiClient(portalUrl);
    await portal.call('POST', '/api/v1/session', Me, owner);
    return new LoadMeetings(portal);
  }

  /** One more meeting that anybody with the passcode may enter at once. */
  async make(index: number): Promise<Meeting> {
    const meeting = await this.#portal.call('POST', '/api/v1/meetings', Meeting, {
      topic: `Load test ${index + 1}`,
      kind: 'instant',
      settings: { lobby: false, guestsAllowed: true, joinBeforeHost: true, muteOnEntry: false },
    });
    this.#made.push(meeting);
    return meeting;
  }

  /** Deletes all of them and signs out. @returns how many could not be deleted */
  async remove(): Promise<number> {
    let left = 0;
    for (const { number } of this.#made.splice(0))
      await this.#portal.call('DELETE', `/api/v1/meetings/${number}`, Ok).catch(() => (left += 1));
    await this.#portal.call('DELETE', '/api/v1/session', Ok).catch(() => undefined);
    return left;
  }
}
