import type { ServiceName, ServiceStatus, VmRole } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { WantedPort } from '../types.ts';
import type { ChildMessage } from './child.ts';
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

  /** Starts what is wanted. Nothing happens before the node is paired. */
  async resume(): Promise<void> {
    const { wanted, role } = this.#options;
    if (!role()) return;
    const running = this.#mine().filter((service) => wanted.wantedOf(service.name) === 'running');
    await Promise.all(running.map((service) => service.start()));
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

  /** Says something to the running process; nothing happens when there is none. */
  tell(name: ServiceName, message: ChildMessage): void {
    this.#mine()
      .find((service) => service.name === name)
      ?.tell(message);
  }

  /** Starts anew what runs and is `concerned`, for what only a start takes up (another address). */
  async restartRunning(concerned: (name: ServiceName) => boolean = () => true): Promise<void> {
    const running = this.#mine().filter((one) => one.status.pid !== null && concerned(one.name));
    await Promise.all(running.map((service) => service.restart()));
  }

  /** Ends every service; what is wanted stays as it is. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#options.services.map((service) => service.close()));
  }

  #mine(): readonly Service[] {
    const role = this.#options.role();
    if (!role) return this.#options.services;
    return this.#options.services.filter((service) => servicesOf[role].includes(service.name));
  }
}
