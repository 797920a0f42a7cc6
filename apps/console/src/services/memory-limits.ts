import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '@guildhall/kit';
import type { ServiceMemoryUse, ServiceName } from '@guildhall/protocol';

interface MemoryLimitsOptions {
  /** MiB of a service with all its processes; 0 is none. */
  readonly totalMiB: Readonly<Record<ServiceName, number>>;
  /** MiB of the heap alone, which Node itself keeps to; 0 is none. */
  readonly heapMiB: Readonly<Record<ServiceName, number>>;
  /** Where cgroup v2 is mounted, and the processes of the machine; tests pass a folder. */
  readonly cgroupRoot?: string;
  readonly procRoot?: string;
  readonly logger: Logger;
}

const bytesPerMiB = 1024 * 1024;
/** Our own group below the delegated one: a group with controllers for its children must have no processes itself. */
const ownGroup = 'console';

/**
 * What a service may take of the machine's memory, and what it takes. A total for the service and its media workers needs
 * a cgroup v2 that we may write (kernel: Documentation/admin-guide/cgroup-v2.rst, `memory.max`, `memory.oom.group`):
 * delegated by systemd or of a container. Without one only the limit of the heap holds, and the page says so.
 */
export class MemoryLimits {
  readonly #options: MemoryLimitsOptions;
  readonly #proc: string;
  readonly #base: string | undefined;
  readonly #killsBefore = new Map<ServiceName, number>();

  constructor(options: MemoryLimitsOptions) {
    this.#options = options;
    this.#proc = options.procRoot ?? '/proc';
    // Nobody asked for a limit: then no group is touched.
    this.#base = Object.values(options.totalMiB).some((limit) => limit > 0) ? this.#prepare() : undefined;
  }

  /** To be called right after the start, before the process has children of its own. */
  confine(name: ServiceName, pid: number): void {
    const group = this.#groupOf(name);
    if (group === undefined) return;
    try {
      mkdirSync(group, { recursive: true });
      writeFileSync(join(group, 'memory.max'), String(this.#options.totalMiB[name] * bytesPerMiB));
      // A router without one of its workers or a worker without its router is of no use: all of them, then a new start.
      writeFileSync(join(group, 'memory.oom.group'), '1');
      writeFileSync(join(group, 'cgroup.procs'), String(pid));
    } catch (error) {
      this.#options.logger.warn({ err: error, service: name }, 'the memory limit could not be set');
    }
    this.watch(name);
  }

  /** From now on a kill counts; also for a service that runs already. */
  watch(name: ServiceName): void {
    this.#killsBefore.set(name, this.#kills(name));
  }

  /** Why the kernel ended it since it was watched; undefined when it did not. */
  endedBy(name: ServiceName): string | undefined {
    if (this.#kills(name) <= (this.#killsBefore.get(name) ?? 0)) return undefined;
    return `ended by the memory limit (${this.#options.totalMiB[name]} MiB with its media workers)`;
  }

  /** Undefined when the process is gone meanwhile. */
  use(name: ServiceName, pid: number): ServiceMemoryUse | undefined {
    const usedBytes = this.#residentBytes(pid);
    if (usedBytes === undefined) return undefined;
    const total = this.#options.totalMiB[name];
    if (total > 0 && this.#isConfined(name, pid))
      return { usedBytes, limitBytes: total * bytesPerMiB, limitOf: 'total' };
    const heap = this.#options.heapMiB[name];
    if (heap > 0) return { usedBytes, limitBytes: heap * bytesPerMiB, limitOf: 'heap' };
    return { usedBytes, limitBytes: null, limitOf: 'none' };
  }

  /** Moves us into a group of our own and lets the groups beside it have memory limits; undefined where we may not. */
  #prepare(): string | undefined {
    const { cgroupRoot = '/sys/fs/cgroup', logger } = this.#options;
    try {
      const line = /^0::(\/.*)$/mu.exec(readFileSync(`${this.#proc}/self/cgroup`, 'utf8'))?.[1];
      if (line === undefined) throw new Error('this machine has no cgroup v2');
      const current = join(cgroupRoot, line);
      const isOwn = basename(current) === ownGroup;
      const base = isOwn ? dirname(current) : current;
      const controllers = readFileSync(join(base, 'cgroup.controllers'), 'utf8').trim().split(' ');
      if (!controllers.includes('memory')) throw new Error(`${base} has no memory controller`);
      if (!isOwn) {
        mkdirSync(join(base, ownGroup), { recursive: true });
        writeFileSync(join(base, ownGroup, 'cgroup.procs'), String(process.pid));
      }
      writeFileSync(join(base, 'cgroup.subtree_control'), '+memory');
      return base;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      logger.warn({ why }, 'no cgroup that may be written: only the limits of the heap hold');
      return undefined;
    }
  }

  #groupOf(name: ServiceName): string | undefined {
    if (this.#base === undefined || this.#options.totalMiB[name] === 0) return undefined;
    return join(this.#base, name);
  }

  #isConfined(name: ServiceName, pid: number): boolean {
    const group = this.#groupOf(name);
    if (group === undefined || !existsSync(join(group, 'cgroup.procs'))) return false;
    return readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').includes(String(pid));
  }

  /** How often the kernel killed in this group. */
  #kills(name: ServiceName): number {
    const group = this.#groupOf(name);
    if (group === undefined) return 0;
    try {
      const events = readFileSync(join(group, 'memory.events'), 'utf8');
      return Number(/^oom_kill (\d+)$/mu.exec(events)?.[1] ?? 0);
    } catch {
      return 0;
    }
  }

  /** Resident memory of a process and all below it (proc(5): `status`, `task/<tid>/children`). Shared pages count twice. */
  #residentBytes(pid: number): number | undefined {
    try {
      const status = readFileSync(`${this.#proc}/${pid}/status`, 'utf8');
      const kiB = Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0);
      const children = readFileSync(`${this.#proc}/${pid}/task/${pid}/children`, 'utf8').trim();
      const below = children === '' ? [] : children.split(' ');
      return below.reduce((sum, child) => sum + (this.#residentBytes(Number(child)) ?? 0), kiB * 1024);
    } catch {
      return undefined;
    }
  }
}
