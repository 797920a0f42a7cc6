import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@guildhall/kit';
import { loadOrCreateAuthority, loadOrCreateServerCertificate } from '@guildhall/kit/tls';
import { PortalApi, until } from '@guildhall/testkit';
import { z } from 'zod';
import { bootstrap } from '../../../apps/cli/src/up/bootstrap.ts';
import { childSpecs } from '../../../apps/cli/src/up/environment.ts';
import type { Vm as VmSetting } from '../../../apps/cli/src/up/settings.ts';
import { gatherIn, type Gathering } from '../survival/gathering.ts';
import { Network, type Machine } from './network.ts';
import { Vm } from './vm.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const portalPort = 8080;
export const ports = { zctrl: 8802, mmr: 8443, media: 8801, iceTcp: 8811, console: 5480 };
const facts = {
  ownerEmail: 'owner@guildhall.example',
  ownerPassword: 'links-are-cut-here-1',
  consolePassword: 'links-are-cut-here-2',
  meetingNumber: null,
};

const RouterState = z.object({
  meetings: z.array(
    z.object({
      meetingId: z.string(),
      epoch: z.number(),
      people: z.array(z.object({ linked: z.boolean() })),
    }),
  ),
});
const BranchesState = z.object({
  branches: z.array(z.object({ meetingId: z.string(), linked: z.boolean(), people: z.array(z.string()) })),
});
const ControllerState = z.object({
  pair: z.object({ state: z.string() }),
  cloud: z.object({ state: z.string() }),
  routers: z.array(z.object({ load: z.object({ participants: z.number() }) })),
});

/** Two VMs with a controller and a router and one with a router, a cloud, and the people, each on a machine of its own. */
export class NetworkZone implements AsyncDisposable {
  readonly network: Network;
  readonly cloud: Machine;
  readonly people: Machine;
  readonly owner: PortalApi;
  readonly #dataDir: string;
  readonly #cloudVm: Vm;
  readonly #vms: readonly Vm[];

  private constructor(parts: {
    network: Network;
    people: Machine;
    dataDir: string;
    cloudVm: Vm;
    vms: readonly Vm[];
  }) {
    this.network = parts.network;
    this.people = parts.people;
    this.#dataDir = parts.dataDir;
    this.#cloudVm = parts.cloudVm;
    this.#vms = parts.vms;
    this.cloud = parts.cloudVm.machine;
    this.owner = new PortalApi(`https://${this.cloud.address}:${portalPort}`);
  }

  /** @param env more for the cloud, e.g. limits */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<NetworkZone> {
    const dataDir = await mkdtemp(join(tmpdir(), 'guildhall-links-'));
    const started: Vm[] = [];
    let network: Network | undefined;
    try {
      network = new Network();
      const people = network.add(null);
      const cloud = network.add('cloud');
      const machines = [network.add('vm1'), network.add('vm2'), network.add('vm3')];
      const tls = await tlsFor(dataDir, [cloud, ...machines]);
      setDefaultCACertificates([...getCACertificates('default'), tls.authorityPem]);
      const controllers = machines.slice(0, 2);
      const setting = (machine: Machine, number: number): VmSetting => ({
        number,
        role: number <= controllers.length ? 'controller' : 'mmr',
        dataDir: join(dataDir, machine.name),
        runDir: join(dataDir, machine.name, 'run'),
        ports,
      });
      const specsOf = (machine: Machine, vm: VmSetting) =>
        childSpecs({
          settings: {
            dataDir: vm.dataDir,
            runDir: vm.runDir,
            host: machine.address,
            portalPort,
            vms: [vm],
            ownerEmail: null,
            ownerPassword: null,
            workers: 1,
            mediaAddresses: [machine.address],
          },
          facts,
          tls,
          projectRoot,
          env: process.env,
        });
      const cloudSetting = setting(cloud, 0);
      const cloudVm = new Vm(cloud, {
        app: 'cloud',
        env: { ...specsOf(cloud, cloudSetting).cloud.env, ...env },
        runDir: cloudSetting.runDir,
        logDir: join(cloudSetting.dataDir, 'logs'),
      });
      started.push(cloudVm);
      const portalUrl = `https://${cloud.address}:${portalPort}`;
      const vms = machines.map((machine, index) => {
        const vm = setting(machine, index + 1);
        const [spec] = specsOf(machine, vm).consoles;
        if (!spec) throw new Error('a console is expected');
        const env = {
          ...spec.env,
          GUILDHALL_ZCTRL_CONTROL_URL: portalUrl,
          GUILDHALL_MMR_CONTROLLERS: controllers
            .map(({ address }) => `wss://${address}:${ports.zctrl}/v1/router`)
            .join(','),
        };
        const made = new Vm(machine, { app: 'console', env, runDir: vm.runDir, logDir: spec.logDir });
        started.push(made);
        return made;
      });
      const zone = new NetworkZone({ network, people, dataDir, cloudVm, vms });
      await zone.#bootstrap(portalUrl, machines, controllers.length);
      return zone;
    } catch (error) {
      await Promise.all(started.map((vm) => vm.stop()));
      network?.close();
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  async #bootstrap(portalUrl: string, machines: readonly Machine[], controllers: number): Promise<void> {
    const listening = [portalUrl, ...machines.map(consoleUrl)];
    await until('every process listening', async () => {
      const answers = listening.map((url) => fetch(url, { signal: AbortSignal.timeout(2_000) }));
      return (await Promise.allSettled(answers)).every(({ status }) => status === 'fulfilled');
    });
    await bootstrap({
      portalUrl,
      vms: machines.map((machine, index) => ({
        role: index < controllers ? 'controller' : 'mmr',
        consoleUrl: consoleUrl(machine),
      })),
      controlUrl: portalUrl,
      controllerUrls: [],
      owner: { email: facts.ownerEmail, password: facts.ownerPassword, isGuess: false },
      consolePassword: facts.consolePassword,
      meetingNumber: null,
      step: () => undefined,
    });
    await this.owner.signIn({ email: facts.ownerEmail, password: facts.ownerPassword });
    await this.whole();
  }

  /** From 1. */
  machine(vm: number): Machine {
    return this.#vm(vm).machine;
  }

  #vm(number: number): Vm {
    const vm = this.#vms[number - 1];
    if (!vm) throw new Error(`there is no VM ${number}`);
    return vm;
  }

  /** Whether a controller sees this many routers and the other controller. */
  async controllerSees(vm: number, seen: { routers: number; pair: 'connected' | 'alone' }): Promise<boolean> {
    const state = ControllerState.safeParse(await this.#vm(vm).state('zctrl')).data;
    return state?.pair.state === seen.pair && state.routers.length === seen.routers;
  }

  /** Whether every controller has heard from the routers that so many people are in meetings. */
  async allCount(people: number): Promise<boolean> {
    const states = await Promise.all([1, 2].map((vm) => this.#vm(vm).state('zctrl')));
    return states.every((state) => {
      const routers = ControllerState.safeParse(state).data?.routers ?? [];
      return routers.reduce((sum, { load }) => sum + load.participants, 0) === people;
    });
  }

  async isCloudAway(vm: number): Promise<boolean> {
    const state = ControllerState.safeParse(await this.#vm(vm).state('zctrl')).data;
    return state?.cloud.state === 'connecting';
  }

  /** Heals every link; resolves when each controller has the other one, the cloud and every router. */
  async whole(): Promise<void> {
    this.network.healAll();
    const states = () => Promise.all([1, 2].map((vm) => this.#vm(vm).state('zctrl')));
    let last: unknown;
    await until(
      'every link up',
      async () => {
        const read = (await states()).map((one) => ControllerState.safeParse(one).data);
        last = read;
        return read.every(
          (one) =>
            one?.pair.state === 'connected' && one.routers.length === 3 && one.cloud.state === 'connected',
        );
      },
      () => last,
    );
  }

  /** The routers that have the meeting open, as they say themselves. */
  async holders(meetingId: string): Promise<{ vm: number; epoch: number; linked: number }[]> {
    const answers = await Promise.all(
      this.#vms.map(async (vm, index) => {
        const state = RouterState.safeParse(await vm.state('mmr')).data;
        const one = state?.meetings.find((meeting) => meeting.meetingId === meetingId);
        const linked = one?.people.filter((person) => person.linked).length ?? 0;
        return one ? [{ vm: index + 1, epoch: one.epoch, linked }] : [];
      }),
    );
    return answers.flat();
  }

  /** The VM of the one router that has the meeting. */
  async owningVm(meetingId: string): Promise<number> {
    const [one, ...more] = await this.holders(meetingId);
    if (!one || more.length > 0) throw new Error('the meeting is not open on exactly one router');
    return one.vm;
  }

  /** The branches of the meeting, as their routers say themselves. */
  async branches(meetingId: string): Promise<{ vm: number; linked: boolean; people: readonly string[] }[]> {
    const answers = await Promise.all(
      this.#vms.map(async (vm, index) => {
        const state = BranchesState.safeParse(await vm.state('mmr')).data;
        const held = state?.branches.filter((branch) => branch.meetingId === meetingId) ?? [];
        return held.map(({ linked, people }) => ({ vm: index + 1, linked, people }));
      }),
    );
    return answers.flat();
  }

  gather(): Promise<Gathering> {
    return gatherIn(this);
  }

  /** A gathering whose meeting is on this VM's router: as many as it takes until the placement chooses it. */
  async gatherOn(vm: number): Promise<Gathering> {
    const elsewhere: Gathering[] = [];
    try {
      while (elsewhere.length < 8) {
        const one = await gatherIn(this);
        if ((await this.owningVm(one.meetingId)) === vm) return one;
        elsewhere.push(one);
      }
      throw new Error(`no meeting was placed on VM ${vm}`);
    } finally {
      for (const one of elsewhere) one.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.network.healAll();
    await Promise.all([...this.#vms, this.#cloudVm].map((vm) => vm.stop()));
    this.network.close();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

const consoleUrl = ({ address }: Machine): string => `https://${address}:${ports.console}`;

/** One authority and one certificate for every server, as `guildhall up --host` makes them. */
async function tlsFor(dataDir: string, machines: readonly Machine[]) {
  const authorityDir = join(dataDir, 'authority');
  const authority = await loadOrCreateAuthority(authorityDir, {
    commonName: 'Guildhall links test',
    clock: systemClock,
  });
  const hosts = [...machines.map(({ address }) => address), 'localhost', '127.0.0.1'];
  await loadOrCreateServerCertificate(join(dataDir, 'tls'), 'server', {
    authority,
    hosts,
    clock: systemClock,
  });
  return {
    authorityDir,
    authorityCertFile: join(authorityDir, 'authority.crt'),
    authorityPem: authority.certPem,
    certFile: join(dataDir, 'tls', 'server.crt'),
    keyFile: join(dataDir, 'tls', 'server.key'),
  };
}
