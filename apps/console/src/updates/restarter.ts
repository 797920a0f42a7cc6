import type { Clock, Logger, Timer } from '@guildhall/kit';
import {
  productVersion,
  type ServiceName,
  type ServiceStatus,
  type UpdateRestart,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { DrainPort, IdentityPort, StatusSources } from '../types.ts';
import type { ProcessMark } from './guard.ts';
import { pointTo, targetOf, type UpdateRecord, type UpdateRecordFile } from './record.ts';

const lookEveryMs = 1_000;
/** A service gets this long to become ready after its restart. */
const readyWithinMs = 60_000;
/** And has to stay so: one that dies of its first work is not healthy. */
const steadyMs = 5_000;

/** Where the console that runs was installed. */
export interface Installation {
  readonly installDir: string;
  /** Name of its folder below `versions`. */
  readonly version: string;
}

interface RestarterOptions {
  /** Undefined where the console was not started from an installation with `versions` and `current`. */
  readonly installation: Installation | undefined;
  readonly file: UpdateRecordFile;
  readonly supervisor: {
    readonly status: readonly ServiceStatus[];
    restartRunning(concerned: (name: ServiceName) => boolean): Promise<void>;
  };
  readonly identity: IdentityPort;
  readonly probe: StatusSources['probe'];
  /** Tells the router whether to take no more meetings; lost when it does not answer. */
  readonly order: (pid: number, drain: boolean) => Promise<void>;
  /** The drain an operator asked for. */
  readonly drain: DrainPort;
  /** @throws system errors when it cannot be started */
  readonly startGuard: (installDir: string) => ProcessMark;
  readonly isThere: (process: ProcessMark) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Doing = Pick<UpdateRestart, 'step' | 'meetings' | 'participants'> & { readonly isWaiting: boolean };

const idle: Doing = { step: 'console', meetings: 0, participants: 0, isWaiting: false };

/**
 * Takes this machine into another version without harming meetings: the console by a guard process (`Guard`), then from
 * the console of the other version each service, the router only when no meeting is on it. What was done is seen from
 * what runs, and the rest is in the record, so that a console which died on the way is followed by one that goes on.
 */
export class Restarter {
  readonly #options: RestarterOptions;
  #doing: Doing = idle;
  #timer: Timer | undefined;
  /** The service that is not ready; monotonic since when. */
  #awaited: { readonly name: ServiceName; readonly sinceMs: number } | undefined;
  /** Monotonic; since when all are healthy. */
  #healthySinceMs: number | undefined;
  #isClosed = false;

  constructor(options: RestarterOptions) {
    this.#options = options;
  }

  get isPossible(): boolean {
    return this.#options.installation !== undefined;
  }

  get state(): UpdateRestart | null {
    const record = this.#options.file.read();
    if (!record) return null;
    const { version, before, services, startedAtMs, finishedAtMs, reason, step } = record;
    const { isWaiting, ...doing } = this.#doing;
    const onTheWay = record.direction === 'back' ? 'going-back' : isWaiting ? 'waiting' : 'running';
    return {
      version,
      before,
      services,
      startedAtMs,
      finishedAtMs,
      reason,
      ...doing,
      ...(step !== 'services' && { step: step === 'done' ? 'health' : 'console' }),
      state: step === 'console' || step === 'services' ? onTheWay : step,
    };
  }

  /** @throws GuildhallError `request.conflict` */
  assertIdle(): void {
    const step = this.#options.file.read()?.step;
    if (step === 'console' || step === 'services') {
      throw new GuildhallError(
        'request.conflict',
        'This server is on its way to another version already. Wait until that is done.',
      );
    }
  }

  /** Begins the way to an installed version; this console ends soon after. @throws GuildhallError `request.conflict` */
  begin(version: string): void {
    const { clock, installation, logger, supervisor } = this.#options;
    if (!installation) throw new Error('not an installation');
    this.assertIdle();
    this.#doing = idle;
    this.#guarded({
      version,
      before: installation.version,
      direction: 'forward',
      step: 'console',
      services: supervisor.status.filter(({ state }) => state === 'running').map(({ name }) => name),
      startedAtMs: Math.round(clock.now()),
      finishedAtMs: null,
      reason: null,
      guard: null,
      isUrgent: false,
      isLogged: false,
    });
    logger.info({ version, before: installation.version }, 'the console restarts itself into this version');
    this.#lookLater();
  }

  /** Goes on with what a console before us began; what it did not come to say is said now. */
  async resume(): Promise<void> {
    const record = this.#options.file.read();
    if (record && this.isPossible) await this.#look();
  }

  /** The router does not wait for its meetings any more; nothing happens when it does not wait. */
  restartNow(): void {
    const { file, logger } = this.#options;
    const record = file.read();
    if (record?.step !== 'services') return;
    file.write({ ...record, isUrgent: true });
    logger.warn('the router is restarted for the update although people meet on it');
  }

  /** Lets go of it; the next console goes on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #guarded(record: UpdateRecord): void {
    const { file, installation, startGuard } = this.#options;
    if (!installation) return;
    // Before the guard, which reads it.
    file.write(record);
    try {
      const guard = startGuard(installation.installDir);
      file.write({ ...record, guard });
    } catch (error) {
      this.#finish(record, 'interrupted');
      throw error;
    }
  }

  #lookLater(): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.setTimeout(() => void this.#look(), lookEveryMs);
  }

  async #look(): Promise<void> {
    const { file, installation, logger } = this.#options;
    const record = file.read();
    if (!record || !installation || this.#isClosed) return;
    try {
      if (record.step === 'console') this.#lookAtConsole(record, installation);
      else if (record.step === 'services') await this.#lookAtServices(record, installation);
      else {
        if (!record.isLogged) this.#finish(record, record.step);
        return;
      }
    } catch (error) {
      logger.error({ err: error }, 'a step of the update failed; it is tried again');
    }
    this.#lookLater();
  }

  /** The guard does it. Without one, which a power cut may have taken, whoever runs is the outcome. */
  #lookAtConsole(record: UpdateRecord, { installDir, version }: Installation): void {
    const { file, isThere } = this.#options;
    if (record.guard && isThere(record.guard)) return;
    if (version === targetOf(record)) file.write({ ...record, step: 'services', guard: null });
    else if (record.direction === 'back') this.#guarded(record);
    else {
      pointTo(installDir, version);
      this.#finish(record, 'interrupted');
    }
  }

  async #lookAtServices(record: UpdateRecord, installation: Installation): Promise<void> {
    // Somebody started another version by hand.
    if (installation.version !== targetOf(record)) return this.#finish(record, 'interrupted');
    const mine = this.#options.supervisor.status.filter(({ wanted }) => wanted === 'running');
    // The controller first: a meeting does not notice it, and the new one knows what new routers tell.
    for (const name of ['zctrl', 'mmr'] as const) {
      const service = mine.find((one) => one.name === name);
      if (service && !(await this.#isThrough(record, service))) return;
    }
    await this.#lookAtHealth(record, mine);
  }

  /** Whether a service runs in our version and does its work; brings it there. */
  async #isThrough(record: UpdateRecord, { name, pid, state, version }: ServiceStatus): Promise<boolean> {
    const { clock, logger, supervisor } = this.#options;
    if (pid !== null && version !== productVersion) {
      this.#doing = { ...idle, step: name };
      if (name === 'mmr' && !(await this.#mayRestart(record, pid))) return false;
      this.#doing = { ...idle, step: name };
      logger.info({ service: name }, 'service is restarted into the version of the console');
      await supervisor.restartRunning((one) => one === name);
      return false;
    }
    if (state === 'running' || !record.services.includes(name)) {
      if (this.#awaited?.name === name) this.#awaited = undefined;
      return true;
    }
    this.#doing = { ...idle, step: name };
    this.#healthySinceMs = undefined;
    if (this.#awaited?.name !== name) this.#awaited = { name, sinceMs: clock.monotonicMs() };
    const isLate = clock.monotonicMs() - this.#awaited.sinceMs >= readyWithinMs;
    if (state === 'failing' || isLate) this.#notHealthy(record, name);
    return false;
  }

  /** A router without a meeting that takes no new one, so that nobody is put out. */
  async #mayRestart(record: UpdateRecord, pid: number): Promise<boolean> {
    const { drain, order, probe } = this.#options;
    if (record.isUrgent) return true;
    const state = await probe.stateOf('mmr', pid);
    if (!state) return false;
    const { meetings, participants, draining } = state;
    this.#doing = { step: 'mmr', meetings, participants, isWaiting: meetings > 0 };
    if (meetings === 0 || (await this.#hasOthers())) {
      if (draining) return meetings === 0;
      await order(pid, true);
      return false;
    }
    // Alone it waits in service: those who want to begin a meeting have nowhere else to go.
    if (draining && !drain.current) await order(pid, false);
    return false;
  }

  /** Whether the meetings of the router can move to another one. */
  async #hasOthers(): Promise<boolean> {
    const { identity, probe, supervisor } = this.#options;
    // A router on a machine of its own; its zone has that of the controller at least.
    if (identity.current?.role === 'mmr') return true;
    const pid = supervisor.status.find(({ name }) => name === 'zctrl')?.pid;
    const zone = typeof pid === 'number' ? await probe.stateOf('zctrl', pid) : undefined;
    const nodeId = identity.current?.nodeId;
    return zone?.routers?.some((one) => one.nodeId !== nodeId && one.state === 'connected') === true;
  }

  #notHealthy(record: UpdateRecord, name: ServiceName): void {
    const { logger } = this.#options;
    this.#awaited = undefined;
    // What fails in the version before too did not fail because of the update.
    if (record.direction === 'back') return this.#finish(record, 'rolled-back');
    logger.error({ service: name, version: record.version }, 'a service is not healthy; going back');
    this.#guarded({ ...record, direction: 'back', step: 'console', reason: name, isUrgent: false });
  }

  async #lookAtHealth(record: UpdateRecord, mine: readonly ServiceStatus[]): Promise<void> {
    const { clock, probe } = this.#options;
    this.#doing = { ...idle, step: 'health' };
    const answers = await Promise.all(
      mine.map(async ({ name, pid }) => (pid === null ? undefined : probe.stateOf(name, pid))),
    );
    const isHealthy = mine.every(
      ({ name }, index) => !record.services.includes(name) || answers[index] !== undefined,
    );
    if (!isHealthy) {
      this.#healthySinceMs = undefined;
      return;
    }
    this.#healthySinceMs ??= clock.monotonicMs();
    if (clock.monotonicMs() - this.#healthySinceMs < steadyMs) return;
    this.#finish(record, record.direction === 'back' ? 'rolled-back' : 'done');
  }

  #finish(record: UpdateRecord, step: 'done' | 'rolled-back' | 'interrupted'): void {
    const { clock, file, logger } = this.#options;
    const { version, before, reason } = record;
    const finishedAtMs = record.finishedAtMs ?? Math.round(clock.now());
    file.write({ ...record, step, guard: null, finishedAtMs, isLogged: true });
    this.#awaited = undefined;
    this.#healthySinceMs = undefined;
    if (step === 'done') logger.info({ version, before }, 'the update is done');
    if (step === 'rolled-back') logger.error({ version, before, reason }, 'the update was rolled back');
    if (step === 'interrupted') logger.warn({ version, before }, 'the update was interrupted');
  }
}
