import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { ServiceName, ServiceStatus } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { DrainMemoryPort, DrainPort, StatusSources } from '../types.ts';

const name: ServiceName = 'mmr';
const lookEveryMs = 1_000;

interface DrainOptions {
  readonly supervisor: {
    readonly status: readonly ServiceStatus[];
    act(name: ServiceName, action: 'stop'): Promise<void>;
  };
  readonly probe: StatusSources['probe'];
  /** Tells the router whether to take no more meetings; lost when it does not answer. */
  readonly order: (pid: number, drain: boolean) => Promise<void>;
  readonly memory: DrainMemoryPort;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Running {
  readonly pid: number;
  readonly facts: NonNullable<ServiceStatus['drain']>;
}

/**
 * The gentle stop of the router: no meeting begins on it, and after its last one, or at the deadline, it is stopped.
 * Belongs to one process: a router that was restarted or crashed is back in service, for the people whose meetings it
 * had have nowhere else to go.
 */
export class Drain implements DrainPort {
  readonly #options: DrainOptions;
  #running: Running | undefined;
  #timer: Timer | undefined;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** Undefined while nothing drains, also when the process it belonged to is gone. */
  get current(): ServiceStatus['drain'] {
    return this.#running?.pid === this.#pid() ? this.#running?.facts : undefined;
  }

  /** Once more only moves the deadline. @throws GuildhallError `service.not-running` */
  async start(deadlineMs: number): Promise<void> {
    const { clock, logger, memory, order } = this.#options;
    const pid = this.#pid();
    if (pid === undefined) {
      throw new GuildhallError('service.not-running', `${name} does not run, so there is nothing to drain.`);
    }
    const nowMs = clock.now();
    const before = this.current;
    const facts = { meetings: 0, participants: 0, ...before, sinceMs: before?.sinceMs ?? nowMs };
    const untilMs = nowMs + deadlineMs;
    this.#running = { pid, facts: { ...facts, untilMs } };
    memory.keepDrain({ pid, sinceMs: facts.sinceMs, untilMs });
    await order(pid, true);
    logger.info({ deadlineMs }, 'the router is drained before it is stopped');
    await this.#count();
    this.#lookLater();
  }

  /** Goes on with the drain that a console before us began, when its router still runs. */
  async resume(): Promise<void> {
    const before = this.#options.memory.recallDrain();
    if (!before) return;
    const { pid, ...facts } = before;
    if (pid !== this.#pid()) {
      this.#end();
      return;
    }
    this.#running = { pid, facts: { meetings: 0, participants: 0, ...facts } };
    await this.#count();
    this.#lookLater();
  }

  /** The router takes meetings again; nothing happens when it is not drained. */
  async cancel(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#end();
    await this.#options.order(running.pid, false);
    this.#options.logger.info('the drain of the router was cancelled');
  }

  /** Lets go of it; the next console goes on. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#running = undefined;
  }

  #end(): void {
    this.close();
    this.#options.memory.keepDrain(undefined);
  }

  #pid(): number | undefined {
    const mmr = this.#options.supervisor.status.find((service) => service.name === name);
    return mmr?.state === 'running' ? (mmr.pid ?? undefined) : undefined;
  }

  #lookLater(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimeout(() => void this.#look(), lookEveryMs);
  }

  async #look(): Promise<void> {
    const { clock, logger, supervisor } = this.#options;
    const isEmpty = await this.#count();
    const running = this.#running;
    if (!running) return;
    if (running.pid !== this.#pid()) {
      this.#end();
      logger.warn('the router ended while it was drained; the drain is over');
      return;
    }
    if (!isEmpty && clock.now() < running.facts.untilMs) {
      this.#lookLater();
      return;
    }
    this.#end();
    logger.info({ meetings: running.facts.meetings }, 'the drain of the router is over; it is stopped');
    try {
      await supervisor.act(name, 'stop');
    } catch (error) {
      logger.error({ err: error }, 'the drained router could not be stopped');
    }
  }

  /** Asks the router what is left; true when it is nothing, and nothing can come. */
  async #count(): Promise<boolean> {
    const running = this.#running;
    if (!running) return false;
    const state = await this.#options.probe.stateOf(name, running.pid);
    // Cancelled or begun anew meanwhile.
    if (!state || this.#running !== running) return false;
    const { meetings, participants } = state;
    this.#running = { ...running, facts: { ...running.facts, meetings, participants } };
    if (!state.draining) await this.#options.order(running.pid, true);
    return state.draining && meetings === 0;
  }
}
