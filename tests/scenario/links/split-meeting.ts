import assert from 'node:assert/strict';
import { openSettings, until } from '@guildhall/testkit';
import { Attendant, type Place } from '../survival/people.ts';
import { ports, type NetworkZone } from './zone.ts';

/** A meeting that some people start through one controller while others start it through the other one. */
export class SplitMeeting {
  readonly meetingId: string;
  readonly #zone: NetworkZone;
  readonly #place: Place;
  readonly #people = new Map<string, Attendant>();

  private constructor(zone: NetworkZone, meetingId: string, place: Place) {
    this.#zone = zone;
    this.meetingId = meetingId;
    this.#place = place;
  }

  static async create(zone: NetworkZone): Promise<SplitMeeting> {
    const { meetingId, number, passcode } = await zone.owner.createMeeting({
      settings: { ...openSettings, lobby: true },
    });
    return new SplitMeeting(zone, meetingId, {
      portalUrl: zone.owner.base,
      number,
      passcode: passcode ?? '',
    });
  }

  /** VM 1 on one side, VM 2 and 3 on the other, and neither hears the cloud. */
  async apart(): Promise<void> {
    const { network, cloud } = this.#zone;
    const [one, two, three] = [1, 2, 3].map((vm) => this.#zone.machine(vm));
    assert(one && two && three);
    network.cut(one, two);
    network.cut(one, three);
    for (const vm of [one, two, three]) network.cut(vm, cloud);
    await until('two halves', async () =>
      (
        await Promise.all([
          this.#zone.controllerSees(1, { routers: 1, pair: 'alone' }),
          this.#zone.controllerSees(2, { routers: 2, pair: 'alone' }),
        ])
      ).every(Boolean),
    );
  }

  async startOnBothSides(): Promise<void> {
    const first = await this.#through(1, ['Ana', 'Rex'], 'Owner');
    for (const name of ['Ana', 'Rex']) await first.client.admit(first.waitingId(name));
    await until('Rex in the room', () => this.#person('Rex').state.phase === 'joined');
    await first.client.remove(first.idOf('Rex'));
    await first.client.setRole(first.idOf('Ana'), 'co-host');

    const second = await this.#through(2, ['Ben', 'Wes'], 'Second');
    await second.client.admit(second.waitingId('Ben'));
    await second.client.lock(true);
    for (const one of [first, second]) one.client.sendChat(`Said by ${one.name}`);
    await until('both lines said', () =>
      [first, second].every((one) => one.chat.includes(`Said by ${one.name}`)),
    );
  }

  /** One owner, everybody in it, and what was decided on either side in force. */
  async assertOne(): Promise<void> {
    const people = ['Ana', 'Ben', 'Owner', 'Second'].map((name) => this.#person(name));
    // The second host is of the same account, whose name it has in the meeting.
    const inside = ['Ana', 'Ben', 'Owner', 'Owner'];
    const [wes, rex] = [this.#person('Wes'), this.#person('Rex')];
    await until(
      'one meeting',
      async () => {
        const holders = await this.#zone.holders(this.meetingId);
        return (
          holders.length === 1 &&
          holders[0]?.linked === inside.length &&
          wes.state.phase === 'lobby' &&
          people.every(
            ({ state, roster }) =>
              state.phase === 'joined' && state.view?.locked === true && roster.join() === inside.join(),
          )
        );
      },
      () => [...people, wes].map(({ name, state, roster }) => ({ name, phase: state.phase, roster })),
    );
    for (const host of ['Owner', 'Second']) {
      const lobby = this.#person(host).state.view?.lobby.map(({ name }) => name);
      assert.deepEqual(lobby, ['Wes']);
    }
    assert.deepEqual(
      people.map(({ state }) => state.role),
      ['co-host', 'guest', 'host', 'host'],
    );
    assert.equal(rex.state.end?.kind, 'removed');
    assert.equal(await rex.comeBack(), 'meeting.removed');
    for (const { chat } of people) assert.deepEqual(chat.toSorted(), ['Said by Owner', 'Said by Second']);
  }

  close(): void {
    for (const one of this.#people.values()) one.client.leave();
  }

  /** Lets a host and guests in who reach only this controller. @returns the host, who sees the guests waiting */
  async #through(vm: number, guests: readonly string[], hostName: string): Promise<Attendant> {
    const { network, people, owner } = this.#zone;
    const other = this.#zone.machine(vm === 1 ? 2 : 1);
    network.cut(people, other, ports.zctrl);
    const host = await Attendant.join(hostName, this.#place, owner);
    this.#people.set(hostName, host);
    for (const name of guests) this.#people.set(name, await Attendant.join(name, this.#place));
    network.heal(people, other, ports.zctrl);
    await until('guests in the lobby', () => host.state.view?.lobby.length === guests.length);
    return host;
  }

  #person(name: string): Attendant {
    const found = this.#people.get(name);
    if (!found) throw new Error(`nobody is called ${name}`);
    return found;
  }
}
