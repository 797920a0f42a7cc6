import assert from 'node:assert/strict';
import type { Role } from '@guildhall/domain';
import { msUntil, openSettings, type PortalApi, until } from '@guildhall/testkit';
import { Attendant, type Place } from './people.ts';

/** What a gathering needs of the zone it is in. */
export interface MeetingZone {
  /** Signed in. */
  readonly owner: PortalApi;
  holders(meetingId: string): Promise<readonly { readonly linked: number }[]>;
}

interface Cast {
  readonly host: Attendant;
  readonly ana: Attendant;
  readonly ben: Attendant;
  /** Was removed. */
  readonly rex: Attendant;
  /** Waits in the lobby. */
  readonly wes: Attendant;
  /** Is removed in the last moment before something happens. */
  readonly tia: Attendant;
  /** Is admitted in that moment. */
  readonly uma: Attendant;
}

const names = ['Ana', 'Ben', 'Rex', 'Wes', 'Tia', 'Uma'] as const;

/** A host, three people admitted, one removed, two waiting, the meeting locked, something said. */
export async function gatherIn(zone: MeetingZone): Promise<Gathering> {
  const { passcode, number, meetingId } = await zone.owner.createMeeting({
    settings: { ...openSettings, lobby: true },
  });
  const place: Place = { portalUrl: zone.owner.base, number, passcode: passcode ?? '' };
  const host = await Attendant.join('Owner', place, zone.owner);
  const [ana, ben, rex, wes, tia, uma] = await Promise.all(names.map((name) => Attendant.join(name, place)));
  if (!ana || !ben || !rex || !wes || !tia || !uma) throw new Error('nobody came');
  await until('all in the lobby', () => host.state.view?.lobby.length === names.length);
  for (const one of [ana, ben, rex, tia]) await host.client.admit(host.waitingId(one.name));
  await until('Rex in the room', () => rex.state.phase === 'joined');
  await host.client.remove(host.idOf('Rex'));
  await host.client.setRole(host.idOf('Ana'), 'co-host');
  await host.client.lock(true);
  const gathering = new Gathering(zone, meetingId, { host, ana, ben, rex, wes, tia, uma });
  gathering.say('Welcome', host);
  await gathering.assertWhole();
  return gathering;
}

/** A meeting, and what was decided and said in it so far. */
export class Gathering {
  readonly meetingId: string;
  readonly cast: Cast;
  readonly #zone: MeetingZone;
  readonly #inside: Set<Attendant>;
  readonly #waiting: Set<Attendant>;
  readonly #removed: Set<Attendant>;
  readonly #roles: Map<Attendant, Role>;
  readonly #lines: string[] = [];
  #isSharingForHosts = false;

  constructor(zone: MeetingZone, meetingId: string, cast: Cast) {
    this.#zone = zone;
    this.meetingId = meetingId;
    this.cast = cast;
    const { host, ana, ben, rex, wes, tia, uma } = cast;
    this.#inside = new Set([host, ana, ben, tia]);
    this.#waiting = new Set([wes, uma]);
    this.#removed = new Set([rex]);
    this.#roles = new Map([
      [host, 'host'],
      [ana, 'co-host'],
    ]);
  }

  get inside(): readonly Attendant[] {
    return [...this.#inside];
  }

  /** Does not wait: the line is to be there in the end, however often its author has to repeat it. */
  say(text: string, ...by: readonly Attendant[]): void {
    for (const one of by) {
      this.#lines.push(text);
      one.client.sendChat(text);
    }
  }

  /**
   * Decides and says as much as it can. Resolves in the very moment when the last line is seen after the last decision
   * was acknowledged, with other lines still on their way: what is done next must lose nothing of it.
   */
  async upToTheLast(): Promise<void> {
    const { host, ana, ben, tia, uma } = this.cast;
    for (const one of [ana, ben])
      for (const text of ['First', 'Second', 'Third']) this.say(`${text} of ${one.name}`, one);
    await host.client.setSettings({ ...openSettings, lobby: true, screenShare: 'hosts' });
    this.#isSharingForHosts = true;
    await host.client.admit(host.waitingId(uma.name));
    this.#waiting.delete(uma);
    this.#inside.add(uma);
    this.say('To the last', host, ana, ben);
    await host.client.setRole(host.idOf(ben.name), 'co-host');
    this.#roles.set(ben, 'co-host');
    const tiaId = host.idOf(tia.name);
    await host.client.remove(tiaId);
    this.#inside.delete(tia);
    this.#removed.add(tia);
    const seen = seesAtOnce(host, 'At last from Ben');
    for (const one of [ana, ben])
      for (const text of ['Then', 'At last']) this.say(`${text} from ${one.name}`, one);
    await seen;
  }

  /** A role that was given by other means than `upToTheLast`. */
  expectRole(one: Attendant, role: Role): void {
    this.#roles.set(one, role);
  }

  /**
   * The meeting has one owner, the roster is right for everybody, every role, lock and setting is as it was decided,
   * the removed are out, the waiting wait, and every line is there once.
   * @returns ms until it was so
   */
  async assertWhole(): Promise<number> {
    const { host } = this.cast;
    const inside = this.inside;
    const roster = inside.map(({ name }) => name).toSorted();
    const waiting = Array.from(this.#waiting, ({ name }) => name).toSorted();
    const lines = this.#lines.toSorted();
    const tookMs = await msUntil(
      'everybody back in one meeting',
      async () => {
        const holders = await this.#zone.holders(this.meetingId);
        return (
          holders.length === 1 &&
          holders[0]?.linked === inside.length &&
          [...this.#waiting].every(({ state }) => state.phase === 'lobby') &&
          inside.every((one) => this.#isWholeFor(one, roster, lines))
        );
      },
      () => ({
        expected: { roster, lines },
        inside: inside.map(({ name, state, roster: seen, chat }) => [name, state.phase, seen, chat]),
        waiting: Array.from(this.#waiting, ({ name, state }) => [name, state.phase]),
      }),
    );
    const lobby = host.state.view?.lobby.map(({ name }) => name).toSorted();
    assert.deepEqual(lobby, waiting);
    for (const [one, role] of this.#roles) assert.equal(one.state.role, role, one.name);
    for (const one of this.#removed) {
      assert.equal(one.state.end?.kind, 'removed', one.name);
      assert.equal(await one.comeBack(), 'meeting.removed', one.name);
    }
    return tookMs;
  }

  #isWholeFor(
    { state, roster, chat }: Attendant,
    expected: readonly string[],
    lines: readonly string[],
  ): boolean {
    const { view } = state;
    return (
      state.phase === 'joined' &&
      view?.locked === true &&
      view.settings.lobby &&
      view.settings.screenShare === (this.#isSharingForHosts ? 'hosts' : 'everyone') &&
      view.participants.every(({ presence }) => presence === 'connected') &&
      roster.join() === expected.join() &&
      chat.toSorted().join() === lines.join()
    );
  }

  /** A line from each who is inside; resolves when everybody sees all of them. */
  async talk(text: string): Promise<void> {
    const { inside } = this;
    for (const one of inside) this.say(`${text} (${one.name})`, one);
    await until('every line said', () =>
      inside.every(({ chat }) => inside.every(({ name }) => chat.includes(`${text} (${name})`))),
    );
  }

  close(): void {
    for (const one of Object.values(this.cast)) one.client.leave();
  }
}

/** Without a look now and then, between which the line could be stored. */
const seesAtOnce = ({ client }: Attendant, line: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    const chat = client.store.getSnapshot().view?.chat ?? [];
    if (chat.some(({ text }) => text === line)) resolve();
  };
  const end = client.store.subscribe(look);
  return promise.finally(end);
};
