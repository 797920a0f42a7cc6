import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { RunFacts } from '@guildhall/kit';
import { PortalApi, Product, until } from '@guildhall/testkit';
import { z } from 'zod';
import { gatherIn, type Gathering } from './gathering.ts';

const cli = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));

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

  /** The media workers of a VM's router. */
  async workers(vm: number): Promise<readonly number[]> {
    return (await this.processes('mmr')).find((one) => one.vm === vm)?.workers ?? [];
  }

  /** Ends a process of a VM in good order, and waits until another one runs in its place. */
  async replace(role: string, vm: number): Promise<void> {
    const before = await this.pid(role, vm);
    process.kill(before, 'SIGTERM');
    await until(`another ${role}`, async () =>
      (await this.processes(role)).some((one) => one.vm === vm && one.pid !== before),
    );
  }

  /** `guildhall drain`, as an operator types it. @returns its exit code */
  async drain(vm: number, ...more: readonly string[]): Promise<number | null> {
    const child = spawn(process.execPath, [cli, 'drain', String(vm), '--json', ...more], {
      env: { ...process.env, GUILDHALL_DATA: this.product.dataDir },
      stdio: 'ignore',
    });
    await once(child, 'close');
    return child.exitCode;
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
