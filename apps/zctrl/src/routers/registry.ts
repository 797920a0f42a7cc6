import type { RouterId } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import type { RouterLoad } from '@guildhall/protocol';
import type { LinkedRouter, RegistryPort } from '../types.ts';

type Watcher = (router: LinkedRouter) => void;

/** Who was placed and has not come by then is not coming. */
const forgetPendingMs = 10_000;

/** The routers whose links are open now. A router whose link closes is gone at once: only a live link proves life. */
export class RouterRegistry implements RegistryPort {
  readonly #clock: Clock;
  readonly #isUsable: (router: LinkedRouter) => boolean;
  readonly #routers = new Map<RouterId, LinkedRouter>();
  readonly #waiters = new Set<() => void>();
  readonly #changeWatchers = new Set<() => void>();
  readonly #usableWatchers = new Set<Watcher>();
  readonly #pendingSinceMs = new WeakMap<LinkedRouter, number>();

  /** @param options.isUsable the placement's judgement: whether a meeting may be placed on the router now */
  constructor(options: { clock: Clock; isUsable: (router: LinkedRouter) => boolean }) {
    this.#clock = options.clock;
    this.#isUsable = options.isUsable;
  }

  get(routerId: RouterId): LinkedRouter | undefined {
    return this.#routers.get(routerId);
  }

  all(): readonly LinkedRouter[] {
    return [...this.#routers.values()];
  }

  /** A restarted router is another router of the same node: what is left of the old ones is answered, to be closed. */
  add(router: LinkedRouter): readonly LinkedRouter[] {
    const replaced = this.all().filter((other) => other.nodeId === router.nodeId);
    for (const other of replaced) this.#routers.delete(other.routerId);
    this.#routers.set(router.routerId, router);
    this.#changed();
    return replaced;
  }

  /** False when the router was replaced meanwhile, so that a late close does not remove its successor. */
  remove(router: LinkedRouter): boolean {
    if (this.#routers.get(router.routerId) !== router) return false;
    this.#routers.delete(router.routerId);
    this.#changed();
    return true;
  }

  report(
    router: LinkedRouter,
    said: Pick<LinkedRouter, 'draining' | 'overload' | 'drainEndsAtMs'> & { readonly load: RouterLoad },
  ): void {
    const { load, draining, overload, drainEndsAtMs } = said;
    const wasUsable = this.#isUsable(router);
    const significant =
      router.load?.meetings !== load.meetings ||
      router.draining !== draining ||
      router.overload !== overload ||
      router.drainEndsAtMs !== drainEndsAtMs;
    this.#settlePending(router, load);
    router.load = load;
    router.draining = draining;
    router.overload = overload;
    router.drainEndsAtMs = drainEndsAtMs;
    router.reportedAtMs = this.#clock.now();
    router.pendingMeetings = 0;
    if (!wasUsable && this.#isUsable(router)) {
      for (const waiter of this.#waiters) waiter();
      for (const watcher of this.#usableWatchers) watcher(router);
    }
    if (!wasUsable || significant) this.#changed();
  }

  /** A crowd is on its way longer than from one report to the next: who was placed counts until it came, or did not. */
  #settlePending(router: LinkedRouter, load: RouterLoad): void {
    const came = Math.max(0, load.participants - (router.load?.participants ?? 0));
    const left = Math.max(0, router.pendingParticipants - came);
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = this.#pendingSinceMs.get(router) ?? nowMs;
    router.pendingParticipants = nowMs - sinceMs >= forgetPendingMs ? 0 : left;
    if (router.pendingParticipants === 0) this.#pendingSinceMs.delete(router);
    else this.#pendingSinceMs.set(router, sinceMs);
  }

  onUsable(callback: Watcher): () => void {
    this.#usableWatchers.add(callback);
    return () => this.#usableWatchers.delete(callback);
  }

  /** Told when a router came, went, or its state or number of meetings changed. */
  onChange(callback: () => void): () => void {
    this.#changeWatchers.add(callback);
    return () => this.#changeWatchers.delete(callback);
  }

  waitForUsable(untilMs: number): Promise<boolean> {
    const remainingMs = untilMs - this.#clock.monotonicMs();
    if (remainingMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isThere: boolean): void => {
        this.#waiters.delete(waiter);
        timer.cancel();
        resolve(isThere);
      };
      const waiter = (): void => finish(true);
      const timer = this.#clock.setTimeout(() => finish(false), remainingMs);
      this.#waiters.add(waiter);
    });
  }

  #changed(): void {
    for (const watcher of this.#changeWatchers) watcher();
  }
}
