import {
  chooseZone,
  effectiveHosting,
  parseSubnet,
  type AccountId,
  type EffectiveHosting,
  type GroupId,
  type MeetingId,
  type UserId,
  type ZoneId,
  type ZoneStep,
} from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import { clockSkewMs, ticketLifetimeMs } from '@guildhall/protocol';
import type { LiveControllers } from '../control/port.ts';
import { refuse } from '../refuse.ts';
import type { MeetingZone, Store, StoredZoneRules } from '../store/port.ts';

export interface HostingQuestion {
  readonly accountId: AccountId;
  readonly hostUserId: UserId;
  /** Of whoever starts or joins the meeting. */
  readonly address: string;
  readonly meeting?: { readonly id: MeetingId; readonly isRunning: boolean } | undefined;
}

export type HostingDecision =
  | { readonly outcome: 'running'; readonly zoneId: ZoneId; readonly zone: string }
  | { readonly outcome: 'not-live' }
  | { readonly outcome: 'elsewhere'; readonly setting: EffectiveHosting }
  | {
      readonly outcome: 'zone';
      readonly zoneId: ZoneId;
      readonly zone: string;
      readonly setting: EffectiveHosting;
      readonly steps: readonly ZoneStep[];
    }
  | { readonly outcome: 'no-zone'; readonly setting: EffectiveHosting; readonly steps: readonly ZoneStep[] };

interface HostFacts {
  readonly setting: EffectiveHosting;
  readonly groupId: GroupId | null;
  readonly defaultZoneId: ZoneId | null;
  readonly barred: HostingDecision | undefined;
}

/** A ticket for the zone chosen a moment ago may still be used to open the meeting there. */
const undecidedMs = ticketLifetimeMs + clockSkewMs;
/**
 * A zone nobody heard of for this long no longer holds its meetings: else one that burnt down would keep them from ever
 * being held again. Shorter, and a cut link to the cloud would split a meeting over two zones.
 */
const lostZoneMs = 600_000;

/**
 * Decides where meetings are hosted. A meeting is in one zone: whoever comes first decides by the own address, everybody
 * after goes there, and what is changed in the settings meanwhile counts from the next start.
 */
export class HostingDecisions {
  readonly #store: Store;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #controllers: LiveControllers;

  constructor(options: {
    readonly store: Store;
    readonly clock: Pick<Clock, 'now'>;
    readonly controllers: LiveControllers;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#controllers = options.controllers;
  }

  /** What a join would decide now. Changes nothing. */
  async decide(question: HostingQuestion): Promise<HostingDecision> {
    return (await this.#decide(question)).decision;
  }

  /**
   * The zone for somebody who joins, the same for everybody of the meeting.
   * @throws GuildhallError connector.not-live, hosting.elsewhere, hosting.no-zone
   */
  async zoneForJoin(
    question: HostingQuestion & { readonly meeting: NonNullable<HostingQuestion['meeting']> },
  ): Promise<ZoneId> {
    const { decision, before } = await this.#decide(question);
    if (decision.outcome === 'not-live') throw refuse('connector.not-live');
    if (decision.outcome === 'elsewhere') throw refuse('hosting.elsewhere');
    if (decision.outcome === 'no-zone') throw refuse('hosting.no-zone');
    if (decision.outcome === 'running') return decision.zoneId;
    const chosen = { zoneId: decision.zoneId, chosenAtMs: this.#clock.now() };
    return this.#store.zones.keepForMeeting(question.meeting.id, chosen, before);
  }

  async #decide({ accountId, hostUserId, address, meeting }: HostingQuestion): Promise<{
    readonly decision: HostingDecision;
    readonly before: MeetingZone | undefined;
  }> {
    const zones = await this.#store.zones.list(accountId);
    const before = meeting && (await this.#store.zones.ofMeeting(meeting.id));
    const given = before && zones.find((zone) => zone.id === before.zoneId);
    const wasJustGiven = before !== undefined && this.#clock.now() - before.chosenAtMs < undecidedMs;
    const holds = given && (meeting.isRunning || wasJustGiven) && (await this.#isThere(given.id));
    const running = holds ? ({ outcome: 'running', zoneId: given.id, zone: given.name } as const) : undefined;
    if (running && meeting?.isRunning) return { decision: running, before };
    const host = await this.#lookUp(accountId, hostUserId);
    if (host.barred) return { decision: host.barred, before };
    if (running) return { decision: running, before };
    const { setting } = host;
    const { zoneId, steps } = chooseZone({
      address: address.split('%', 1)[0] ?? '',
      host: { userId: hostUserId, groupId: host.groupId },
      zones: zones.map(({ id, name, hosts }) => ({ zoneId: id, name, hosts })),
      defaultZoneId: host.defaultZoneId ?? zones[0]?.id ?? null,
      subnets: zones.flatMap(subnetsOf),
    });
    const zone = zones.find((one) => one.id === zoneId);
    const decision: HostingDecision = zone
      ? { outcome: 'zone', zoneId: zone.id, zone: zone.name, setting, steps }
      : { outcome: 'no-zone', setting, steps };
    return { decision, before };
  }

  /** What is known of the host; `barred` is what keeps the host's meetings from the connector altogether. */
  async #lookUp(accountId: AccountId, hostUserId: UserId): Promise<HostFacts> {
    const { hosting, accounts } = this.#store;
    const account = await accounts.get(accountId);
    const settings = await hosting.settings(accountId);
    const { group, groupId, place } = await hosting.ofUser(hostUserId);
    const setting = effectiveHosting({ account: settings.hosting, group, user: place });
    const facts = { setting, groupId, defaultZoneId: settings.defaultZoneId };
    if (setting.place === 'elsewhere') return { ...facts, barred: { outcome: 'elsewhere', setting } };
    const isLive = account?.connectorMode === 'production' || (await hosting.isTestHost(hostUserId));
    return { ...facts, barred: isLive ? undefined : { outcome: 'not-live' } };
  }

  async #isThere(zoneId: ZoneId): Promise<boolean> {
    if (this.#controllers.ofZone(zoneId).length > 0) return true;
    const nodes = await this.#store.connectors.nodesOfZone(zoneId);
    const since = this.#clock.now() - lostZoneMs;
    return nodes.some((node) => node.role === 'controller' && (node.lastSeenMs ?? 0) >= since);
  }
}

function subnetsOf({ id, subnets }: StoredZoneRules) {
  return subnets.flatMap((text) => {
    const parsed = parseSubnet(text);
    return parsed.ok ? [{ zoneId: id, subnet: parsed.subnet }] : [];
  });
}
