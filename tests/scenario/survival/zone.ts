import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { RunFacts } from '@guildhall/kit';
import { msUntil, openSettings, PortalApi, Product, until } from '@guildhall/testkit';
import { z } from 'zod';
import { Attendant, type Place } from './people.ts';

const DebugState = z.object({
  routerId: z.string(),
  meetings: z.array(
    z.object({
      meetingId: z.string(),
      epoch: z.number(),
      people: z.array(z.object({ linked: z.boolean() })),
    }),
  ),
});

/** Long, because a router with 200 people on a busy machine answers late, and then it must not count as none. */
const answerMs = 5_000;

const isReady = async ({ adminPort }: RunFacts): Promise<boolean> => {
  try {
    const signal = AbortSignal.timeout(answerMs);
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`, { signal })).ok;
  } catch {
    return false;
  }
};

/** Whether the process stands still by SIGSTOP (proc_pid_stat(5), the state after the name in brackets). */
const isStopped = async (pid: number): Promise<boolean> =>
  /\) T /u.test(await readFile(`/proc/${pid}/stat`, 'utf8'));

/** A whole zone on this machine, and a meeting in it with everything that must survive. */
export class SurvivalZone implements AsyncDisposable {
  readonly product: Product;
  readonly owner: PortalApi;
  readonly #vms: number;
  readonly #controllers: number;

  private constructor(product: Product, owner: PortalApi, vms: number, controllers: number) {
    this.product = product;
    this.owner = owner;
    this.#vms = vms;
    this.#controllers = controllers;
  }

  static async start(size: {
    routers: number;
    controllers: number;
    env?: NodeJS.ProcessEnv;
  }): Promise<SurvivalZone> {
    const product = await Product.start(size);
    const owner = new PortalApi(product.facts.portal);
    await owner.signIn(product.facts.owner);
    return new SurvivalZone(product, owner, size.routers, size.controllers);
  }

  /** The processes of a role that run now, with their VM. */
  async processes(role: string): Promise<(RunFacts & { vm: number })[]> {
    return (await this.product.runFiles()).filter((one) => one.role === role);
  }

  /** Every process is up and knows the others. */
  async allReady(): Promise<void> {
    await until('every process ready', async () => {
      const roles = ['mmr', 'zctrl', 'cloud', 'console'];
      const found = (await Promise.all(roles.map((role) => this.processes(role)))).flat();
      const expected = 2 * this.#vms + this.#controllers + 1;
      return found.length === expected && (await Promise.all(found.map(isReady))).every(Boolean);
    });
  }

  async pid(role: string, vm = 1): Promise<number> {
    const found = (await this.processes(role)).find((one) => one.vm === vm);
    if (!found) throw new Error(`no ${role} runs on VM ${vm}`);
    return found.pid;
  }

  /** The routers that have the meeting open, as they say themselves. A router that does not answer is left out. */
  async holders(meetingId: string): Promise<{ vm: number; pid: number; epoch: number; linked: number }[]> {
    const routers = await this.processes('mmr');
    const answers = await Promise.all(
      routers.map(async ({ vm, pid, adminPort }) => {
        try {
          if (await isStopped(pid)) return [];
          const response = await fetch(`http://127.0.0.1:${adminPort}/debug/state`, {
            signal: AbortSignal.timeout(answerMs),
          });
          const { meetings } = DebugState.parse(await response.json());
          const one = meetings.find((meeting) => meeting.meetingId === meetingId);
          const linked = one?.people.filter((person) => person.linked).length ?? 0;
          return one ? [{ vm, pid, epoch: one.epoch, linked }] : [];
        } catch {
          return [];
        }
      }),
    );
    return answers.flat();
  }

  /** The VM of the one router that has the meeting. */
  async owningVm(meetingId: string): Promise<number> {
    const found = await this.holders(meetingId);
    const [one, ...more] = found;
    if (one && more.length === 0) return one.vm;
    throw new Error(`the meeting is not open on exactly one router: ${JSON.stringify(found)}`);
  }

  gather(): Promise<Gathering> {
    return gatherIn(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.product.stop();
  }
}

/** What a gathering needs of the zone it is in. */
export interface MeetingZone {
  /** Signed in. */
  readonly owner: PortalApi;
  holders(meetingId: string): Promise<readonly { readonly linked: number }[]>;
}

/** A host, two people admitted, one removed, one waiting, the meeting locked, something said. */
export async function gatherIn(zone: MeetingZone): Promise<Gathering> {
  const { passcode, number, meetingId } = await zone.owner.createMeeting({
    settings: { ...openSettings, lobby: true },
  });
  const place: Place = { portalUrl: zone.owner.base, number, passcode: passcode ?? '' };
  const host = await Attendant.join('Owner', place, zone.owner);
  const [ana, ben, rex, wes] = await Promise.all(
    ['Ana', 'Ben', 'Rex', 'Wes'].map((name) => Attendant.join(name, place)),
  );
  if (!ana || !ben || !rex || !wes) throw new Error('nobody came');
  await until('four in the lobby', () => host.state.view?.lobby.length === 4);
  for (const one of [ana, ben, rex]) await host.client.admit(host.waitingId(one.name));
  await until('Rex in the room', () => rex.state.phase === 'joined');
  await host.client.remove(host.idOf('Rex'));
  await host.client.setRole(host.idOf('Ana'), 'co-host');
  host.client.sendChat('Welcome');
  await host.client.lock(true);
  const gathering = new Gathering(zone, meetingId, { host, ana, ben, rex, wes });
  await gathering.assertWhole(['Welcome']);
  return gathering;
}

interface Cast {
  readonly host: Attendant;
  readonly ana: Attendant;
  readonly ben: Attendant;
  /** Was removed. */
  readonly rex: Attendant;
  /** Waits in the lobby. */
  readonly wes: Attendant;
}

export class Gathering {
  readonly meetingId: string;
  readonly cast: Cast;
  readonly #zone: MeetingZone;

  constructor(zone: MeetingZone, meetingId: string, cast: Cast) {
    this.#zone = zone;
    this.meetingId = meetingId;
    this.cast = cast;
  }

  /**
   * One owner, the roster right for everybody, the removed out, the waiting outside, the lock on, every line there once.
   * @returns ms until it was so
   */
  async assertWhole(lines: readonly string[]): Promise<number> {
    const { host, ana, ben, rex, wes } = this.cast;
    const inside = [host, ana, ben];
    const expected = ['Ana', 'Ben', 'Owner'];
    const tookMs = await msUntil(
      'everybody back in one meeting',
      async () => {
        const holders = await this.#zone.holders(this.meetingId);
        return (
          holders.length === 1 &&
          holders[0]?.linked === 3 &&
          wes.state.phase === 'lobby' &&
          inside.every(
            ({ state, roster, chat }) =>
              state.phase === 'joined' &&
              state.view?.locked === true &&
              roster.join() === expected.join() &&
              lines.every((line) => chat.includes(line)),
          )
        );
      },
      () => ({
        inside: inside.map(({ name, state, roster, chat }) => ({ name, phase: state.phase, roster, chat })),
        wes: wes.state.phase,
      }),
    );
    for (const { chat } of inside) assert.deepEqual(chat, [...new Set(chat)], 'a line is there twice');
    const lobby = host.state.view?.lobby.map(({ name }) => name);
    assert.deepEqual(lobby, ['Wes']);
    assert.equal(host.state.role, 'host');
    assert.equal(ana.state.role, 'co-host');
    assert.equal(rex.state.end?.kind, 'removed');
    assert.equal(await rex.comeBack(), 'meeting.removed');
    return tookMs;
  }

  /** A line from each who is inside; resolves when it is confirmed to its sender. */
  async talk(text: string): Promise<string[]> {
    const { host, ana, ben } = this.cast;
    const lines = [host, ana, ben].map((one) => {
      const line = `${text} (${one.name})`;
      one.client.sendChat(line);
      return line;
    });
    await until('every line said', () => lines.every((line) => host.chat.includes(line)));
    return lines;
  }

  close(): void {
    for (const one of Object.values(this.cast)) one.client.leave();
  }
}
