import type { AccountId, NodeId } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import type { PairReport, QualityReport, RouterReport } from '@guildhall/protocol';
import type { Bus, BusTopics, ControllerName } from '../bus/port.ts';

/** A router's word on its meetings is good for three of its reports. */
const qualityGoodForMs = 35_000;
/** A controller reports every two seconds. */
const statusGoodForMs = 30_000;
/** How long a refusal explains why a controller is away. */
export const refusalGoodForMs = 10 * 60_000;

export interface LiveControllerFacts extends ControllerName {
  readonly version: string;
  readonly urls: readonly string[];
  readonly startedAtMs: number;
  readonly meetings: number;
  readonly participants: number;
  readonly routers: readonly RouterReport[];
  readonly lastSeenMs: number;
  /** The link to the other controller of its zone; undefined where it has none. */
  readonly pair?: PairReport | undefined;
  /** End of its TLS certificate; absent until it has said so, and without TLS. */
  readonly certificateExpiresAtMs?: number;
}

export interface LiveRouterFacts {
  readonly zoneId: ControllerName['zoneId'];
  readonly status: RouterReport;
  readonly lastSeenMs: number;
  readonly quality: QualityReport | undefined;
}

interface Refusal {
  readonly code: BusTopics['controller.refused']['code'];
  readonly atMs: number;
}

interface Quality {
  readonly accountId: AccountId;
  readonly nodeId: NodeId;
  readonly report: QualityReport;
  readonly atMs: number;
}

export interface LiveOptions {
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'now'>;
}

/** What the zones say of themselves now. Soft state: it comes back within seconds after a restart. */
export class Live {
  readonly #bus: Bus;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #controllers = new Map<NodeId, LiveControllerFacts>();
  /** By controller, which vouches for what is in its list; so one account cannot speak of another's routers. */
  readonly #qualities = new Map<NodeId, Map<NodeId, Quality>>();
  readonly #refusals = new Map<NodeId, Refusal>();
  readonly #stops: (() => void)[];

  constructor({ bus, clock }: LiveOptions) {
    this.#bus = bus;
    this.#clock = clock;
    this.#stops = [
      bus.subscribe('controller.connected', (told) => this.#connected(told)),
      bus.subscribe('controller.gone', (told) => this.#gone(told)),
      bus.subscribe('controller.refused', (told) => this.#refused(told)),
      bus.subscribe('controller.status', (told) => this.#status(told)),
      bus.subscribe('controller.certificate', (told) => this.#certificate(told)),
      bus.subscribe('router.quality', (told) => this.#quality(told)),
    ];
  }

  controllers(accountId?: AccountId): LiveControllerFacts[] {
    const all = [...this.#controllers.values()];
    return accountId === undefined ? all : all.filter((one) => one.accountId === accountId);
  }

  /** Accounts that have a controller which reports. */
  accounts(): AccountId[] {
    return [...new Set(this.#fresh().map(({ accountId }) => accountId))];
  }

  /** Both controllers of a pair report every router; the newest word counts. */
  routers(accountId: AccountId): LiveRouterFacts[] {
    const byNode = new Map<NodeId, LiveRouterFacts>();
    const controllers = this.#fresh().filter((one) => one.accountId === accountId);
    for (const { zoneId, routers, lastSeenMs } of controllers.toSorted(
      (a, b) => a.lastSeenMs - b.lastSeenMs,
    )) {
      for (const status of routers) {
        const quality = this.#qualityOf(accountId, status.nodeId);
        byNode.set(status.nodeId, { zoneId, status, lastSeenMs, quality });
      }
    }
    return [...byNode.values()];
  }

  refusal(nodeId: NodeId): Refusal | undefined {
    const refusal = this.#refusals.get(nodeId);
    return refusal && this.#clock.now() - refusal.atMs < refusalGoodForMs ? refusal : undefined;
  }

  /** Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #fresh(): LiveControllerFacts[] {
    const afterMs = this.#clock.now() - statusGoodForMs;
    return [...this.#controllers.values()].filter(({ lastSeenMs }) => lastSeenMs >= afterMs);
  }

  #qualityOf(accountId: AccountId, nodeId: NodeId): QualityReport | undefined {
    let newest: Quality | undefined;
    for (const byRouter of this.#qualities.values()) {
      const one = byRouter.get(nodeId);
      if (one?.accountId === accountId && one.atMs > (newest?.atMs ?? 0)) newest = one;
    }
    return newest && this.#clock.now() - newest.atMs < qualityGoodForMs ? newest.report : undefined;
  }

  #connected(told: BusTopics['controller.connected']): void {
    const lastSeenMs = this.#clock.now();
    this.#refusals.delete(told.nodeId);
    this.#controllers.set(told.nodeId, { ...told, meetings: 0, participants: 0, routers: [], lastSeenMs });
    this.#tell(told, 'controller.connected', 'info', told.version);
  }

  #gone(told: ControllerName): void {
    this.#controllers.delete(told.nodeId);
    this.#qualities.delete(told.nodeId);
    this.#tell(told, 'controller.gone', 'warning', '');
  }

  #refused(told: BusTopics['controller.refused']): void {
    const before = this.refusal(told.nodeId);
    this.#refusals.set(told.nodeId, { code: told.code, atMs: this.#clock.now() });
    // It dials again every few seconds; one line says it.
    if (before?.code !== told.code) this.#tell(told, 'controller.refused', 'bad', told.code);
  }

  #status({ nodeId, routers, meetings, participants, pair }: BusTopics['controller.status']): void {
    const before = this.#controllers.get(nodeId);
    if (!before) return;
    const lastSeenMs = this.#clock.now();
    this.#controllers.set(nodeId, { ...before, routers, meetings, participants, pair, lastSeenMs });
    this.#compare(before, routers);
    const byRouter = this.#qualities.get(nodeId);
    const present = new Set(routers.map((router) => router.nodeId));
    for (const key of byRouter?.keys() ?? []) if (!present.has(key)) byRouter?.delete(key);
  }

  #certificate({ nodeId, expiresAtMs }: BusTopics['controller.certificate']): void {
    const before = this.#controllers.get(nodeId);
    if (before) this.#controllers.set(nodeId, { ...before, certificateExpiresAtMs: expiresAtMs });
  }

  /** Routers that came or went by the word of this controller; its first word after a start is no news. */
  #compare(controller: LiveControllerFacts, routers: readonly RouterReport[]): void {
    const others = this.controllers(controller.accountId).filter(
      ({ zoneId, nodeId }) => zoneId === controller.zoneId && nodeId !== controller.nodeId,
    );
    const knownByOthers = new Set(others.flatMap((other) => other.routers.map(({ nodeId }) => nodeId)));
    const tell = (router: RouterReport, kind: string, severity: 'info' | 'warning'): void => {
      if (knownByOthers.has(router.nodeId)) return;
      const { accountId } = controller;
      // Its name is in the store.
      const about = { accountId, atMs: this.#clock.now(), kind, severity, subject: router.nodeId };
      this.#bus.publish('account.event', { ...about, label: '', detail: router.version });
    };
    const before = new Set(controller.routers.map(({ nodeId }) => nodeId));
    const now = new Set(routers.map(({ nodeId }) => nodeId));
    for (const router of routers) if (!before.has(router.nodeId)) tell(router, 'router.connected', 'info');
    for (const router of controller.routers) {
      if (!now.has(router.nodeId)) tell(router, 'router.gone', 'warning');
    }
  }

  #quality({ accountId, nodeId, routerNodeId, report }: BusTopics['router.quality']): void {
    const controller = this.#controllers.get(nodeId);
    // Only of routers the controller lists: else it could fill this map.
    if (!controller?.routers.some((router) => router.nodeId === routerNodeId)) return;
    const byRouter = this.#qualities.get(nodeId) ?? new Map<NodeId, Quality>();
    byRouter.set(routerNodeId, { accountId, nodeId: routerNodeId, report, atMs: this.#clock.now() });
    this.#qualities.set(nodeId, byRouter);
  }

  #tell(
    { accountId, nodeId, name }: ControllerName,
    kind: string,
    severity: 'info' | 'warning' | 'bad',
    detail: string,
  ): void {
    const atMs = this.#clock.now();
    const about = { accountId, atMs, kind, severity, subject: nodeId };
    this.#bus.publish('account.event', { ...about, label: name, detail });
  }
}
