import { X509Certificate } from 'node:crypto';
import type { AccountId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import type { MonitoredService } from '@guildhall/protocol';
import type { Bus } from '../bus/port.ts';
import type { Ids } from '../ids.ts';
import type { Store, StoredDelivery, StoredRule } from '../store/port.ts';
import { findingsOf, follow, patienceMs, type Finding, type Situation } from './conditions.ts';

const lookEveryMs = 15_000;
/** Deliveries of one account that may wait; more would only tell of a receiver that is away. */
const maxWaiting = 1_000;

/** What the watcher needs of monitoring. */
export interface Watched {
  services(accountId: AccountId): Promise<MonitoredService[]>;
  /** Ends of the routers' TLS certificates, as far as they have told. */
  certificates(accountId: AccountId): { nodeId: string; endsAtMs: number }[];
  /** Mean call quality by zone; null without people. */
  quality(accountId: AccountId): { zoneId: string; mos: number | null }[];
}

export interface WatcherOptions {
  readonly store: Pick<Store, 'alerts' | 'monitored' | 'connectors'>;
  readonly watched: Watched;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Looks at every rule four times a minute, and has it told once when it applies and once when it does no more. */
export class Watcher {
  readonly #options: WatcherOptions;
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setInterval(() => void this.look(), lookEveryMs);
  }

  /** Never two rounds at once. */
  look(): Promise<void> {
    this.#round ??= this.#lookAll().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** Idempotent; resolves when the round under way is over. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#round;
  }

  async #lookAll(): Promise<void> {
    const { store, logger } = this.#options;
    try {
      const byAccount = Map.groupBy(await store.alerts.enabledRules(), ({ accountId }) => accountId);
      for (const [accountId, rules] of byAccount) {
        const situation = await this.#situation(accountId);
        for (const rule of rules) await this.#lookAt(rule, situation);
      }
    } catch (error) {
      logger.sampled('alert-rules', 60_000).warn({ err: error }, 'the alert rules could not be looked at');
    }
  }

  async #situation(accountId: AccountId): Promise<Situation> {
    const { store, watched, clock } = this.#options;
    const services = await watched.services(accountId);
    const zones = await store.connectors.zones(accountId);
    const nameOf = (nodeId: string): string =>
      services.find((service) => service.nodeId === nodeId)?.name ?? nodeId;
    const routers = watched.certificates(accountId);
    const authorityEndsAtMs = endOf(await store.monitored.authorityPem(accountId));
    return {
      services,
      certificates: [
        ...routers.map(({ nodeId, endsAtMs }) => ({ subject: nodeId, label: nameOf(nodeId), endsAtMs })),
        ...(authorityEndsAtMs === undefined
          ? []
          : [{ subject: accountId, label: 'Account authority', endsAtMs: authorityEndsAtMs }]),
      ],
      zones: watched.quality(accountId).map(({ zoneId, mos }) => ({
        subject: zoneId,
        label: zones.find(({ id }) => id === zoneId)?.name ?? zoneId,
        mos,
      })),
      nowMs: clock.now(),
    };
  }

  async #lookAt(rule: StoredRule, situation: Situation): Promise<void> {
    const { store, clock } = this.#options;
    const { id: ruleId, condition } = rule;
    const before = (await store.alerts.states([ruleId])).map((one) => ({
      ...one,
      isRaised: one.isRaised === 1,
    }));
    const findings = findingsOf(condition, situation);
    if (before.length === 0 && findings.length === 0) return;
    const { standing, raised, cleared } = follow(before, findings, patienceMs(condition), clock.now());
    const deliveries = [
      ...(await this.#deliveries(rule, 'raised', raised)),
      ...(await this.#deliveries(rule, 'cleared', cleared)),
    ];
    const states = standing.map(
      ({ isRaised, ...one }) => ({ ...one, ruleId, isRaised: isRaised ? 1 : 0 }) as const,
    );
    await store.alerts.saveStates(ruleId, states, deliveries);
    for (const finding of raised) this.#tell(rule, 'raised', finding);
    for (const finding of cleared) this.#tell(rule, 'cleared', finding);
  }

  async #deliveries(
    { accountId, condition, id: ruleId }: StoredRule,
    what: 'raised' | 'cleared',
    findings: readonly Finding[],
  ): Promise<StoredDelivery[]> {
    if (findings.length === 0) return [];
    const { store, ids, clock } = this.#options;
    const targets = (await store.alerts.targets(accountId)).filter(({ enabled }) => enabled === 1);
    const room = Math.max(0, maxWaiting - (await store.alerts.waiting(accountId)));
    const atMs = clock.now();
    const all = findings.flatMap(({ subject, label }) =>
      targets.map((target) =>
        newDelivery(target, {
          id: ids.row('ald'),
          atMs,
          subject: `Guildhall: ${condition.kind} ${what}: ${label}`,
          facts: { type: `alert.${what}`, ruleId, condition, about: { id: subject, name: label } },
        }),
      ),
    );
    return all.slice(0, room);
  }

  #tell({ accountId, condition }: StoredRule, what: 'raised' | 'cleared', { subject, label }: Finding): void {
    const severity = what === 'raised' ? 'bad' : 'info';
    const about = { accountId, atMs: this.#options.clock.now(), kind: `alert.${what}`, severity } as const;
    this.#options.bus.publish('account.event', { ...about, subject, label, detail: condition.kind });
  }
}

/** A message for one target, ready to be sent at once. */
export function newDelivery(
  target: { readonly id: string; readonly accountId: AccountId },
  message: { readonly id: string; readonly atMs: number; readonly subject: string; readonly facts: object },
): StoredDelivery {
  const { id, atMs, subject, facts } = message;
  return {
    id,
    accountId: target.accountId,
    targetId: target.id,
    atMs,
    subject,
    body: JSON.stringify({ deliveryId: id, accountId: target.accountId, atMs, subject, ...facts }),
    state: 'waiting',
    attempts: 0,
    nextAttemptMs: atMs,
    statusCode: null,
    error: null,
  };
}

function endOf(pem: string | undefined): number | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem).validToDate.getTime();
  } catch {
    // Not a certificate: whoever made it so has other worries.
    return undefined;
  }
}
