import type { ServiceName, ServiceStatus, VmRole } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { WantedPort } from '../types.ts';
import type { Service } from './service.ts';

interface SupervisorOptions {
  readonly services: readonly Service[];
  readonly wanted: WantedPort;
  /** Role of the paired node; undefined before that. */
  readonly role: () => VmRole | undefined;
}

/** Which services a VM of this role runs. */
const servicesOf: Readonly<Record<VmRole, readonly ServiceName[]>> = {
  controller: ['zctrl', 'mmr'],
  mmr: ['mmr'],
};

/** The services of this machine, as the operator wants them. */
export class Supervisor {
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** `wanted` is what the operator asked for, also while the node is not paired and nothing can run. */
  get status(): ServiceStatus[] {
    const { wanted } = this.#options;
    return this.#mine().map((service) => ({ ...service.status, wanted: wanted.wantedOf(service.name) }));
  }

  /**
   * Starts what is wanted, or takes over what runs already; ends what is not wanted and still runs. Nothing happens
   * before the node is paired.
   */
  async resume(): Promise<void> {
    const { wanted, role, services } = this.#options;
    if (!role()) return;
    const mine = this.#mine();
    await Promise.all(
      services.map((service) =>
        mine.includes(service) && wanted.wantedOf(service.name) === 'running'
          ? service.start()
          : service.stop(),
      ),
    );
  }

  /** After the node got another identity: what runs is started anew with it, what no longer belongs here ends. */
  async identityChanged(): Promise<void> {
    const mine = new Set(this.#mine());
    await Promise.all(
      this.#options.services.map(async (service) => {
        if (!mine.has(service)) await service.stop();
        else if (service.status.state !== 'stopped') await service.restart();
      }),
    );
    await this.resume();
  }

  /**
   * Does what the operator asks; it stays wanted after a restart of the console.
   * @throws GuildhallError `service.unknown`, `service.not-paired`
   */
  async act(name: ServiceName, action: 'start' | 'stop' | 'restart'): Promise<void> {
    const { wanted, role } = this.#options;
    const service = this.#mine().find((one) => one.name === name);
    if (!service) {
      throw new GuildhallError('service.unknown', `There is no service ${name} on this node.`);
    }
    if (action !== 'stop' && !role()) {
      throw new GuildhallError(
        'service.not-paired',
        'This node is not paired with an account yet. Paste the connector token first.',
      );
    }
    wanted.want(name, action === 'stop' ? 'stopped' : 'running');
    await service[action]();
  }

  /** Starts anew what runs and is `concerned`, for what only a start takes up (another address). */
  async restartRunning(concerned: (name: ServiceName) => boolean = () => true): Promise<void> {
    const running = this.#mine().filter((one) => one.status.pid !== null && concerned(one.name));
    await Promise.all(running.map((service) => service.restart()));
  }

  /** Lets go of every service; they run on, for the next console. Idempotent. */
  close(): void {
    for (const service of this.#options.services) service.close();
  }

  #mine(): readonly Service[] {
    const role = this.#options.role();
    if (!role) return this.#options.services;
    return this.#options.services.filter((service) => servicesOf[role].includes(service.name));
  }
}
