import type { GroupId, UserId, ZoneId } from '../ids.ts';
import { formatAddress, parseAddress } from './address.ts';
import { subnetContains, type Subnet } from './subnet.ts';

export interface HostingZone {
  readonly zoneId: ZoneId;
  readonly name: string;
  /** Null: everybody may host here. An empty list is nobody, e.g. after the last one named was removed. */
  readonly hosts: { readonly userIds: readonly UserId[]; readonly groupIds: readonly GroupId[] } | null;
}

export interface ZoneQuestion {
  /** Where the person who starts the meeting is, as the cloud sees it. */
  readonly address: string;
  /** Whose meeting it is: that person must be allowed in the zone. */
  readonly host: { readonly userId: UserId; readonly groupId: GroupId | null };
  /** In the order in which they are tried when neither a subnet nor the default zone may be used. */
  readonly zones: readonly HostingZone[];
  readonly defaultZoneId: ZoneId | null;
  readonly subnets: readonly { readonly zoneId: ZoneId; readonly subnet: Subnet }[];
}

interface OfZone {
  readonly zoneId: ZoneId;
  readonly zone: string;
}

/** One thing that was looked at, in order. The last one is the decision. */
export type ZoneStep =
  | { readonly code: 'address-unreadable' }
  | { readonly code: 'no-subnet'; readonly address: string }
  | ({ readonly code: 'subnet'; readonly subnet: string } & OfZone)
  | ({ readonly code: 'host-not-allowed' } & OfZone)
  | ({ readonly code: 'default-zone' } & OfZone)
  | ({ readonly code: 'other-zone' } & OfZone)
  | { readonly code: 'no-zone' };

export interface ZoneChoice {
  readonly zoneId: ZoneId | null;
  readonly steps: readonly ZoneStep[];
}

/**
 * The zone for a meeting that starts now: the longest prefix around the address, else the default zone, else the first
 * that lets the host in. A zone that does not is passed over and said so. Pure: the dry run is this function.
 */
export function chooseZone(question: ZoneQuestion): ZoneChoice {
  const { zones, host } = question;
  const steps: ZoneStep[] = [];
  const refused = new Set<ZoneId>();
  const tryZone = (zone: HostingZone, step: ZoneStep): boolean => {
    steps.push(step);
    if (mayHost(zone, host)) return true;
    refused.add(zone.zoneId);
    steps.push({ code: 'host-not-allowed', ...named(zone) });
    return false;
  };

  for (const { zone, subnet } of matches(question, steps)) {
    if (refused.has(zone.zoneId)) continue;
    const step = { code: 'subnet', subnet: subnet.text, ...named(zone) } as const;
    if (tryZone(zone, step)) return { zoneId: zone.zoneId, steps };
  }
  const standard = zones.find((zone) => zone.zoneId === question.defaultZoneId);
  if (standard && !refused.has(standard.zoneId)) {
    if (tryZone(standard, { code: 'default-zone', ...named(standard) }))
      return { zoneId: standard.zoneId, steps };
  }
  const other = zones.find((zone) => !refused.has(zone.zoneId) && mayHost(zone, host));
  steps.push(other ? { code: 'other-zone', ...named(other) } : { code: 'no-zone' });
  return { zoneId: other?.zoneId ?? null, steps };
}

const named = ({ zoneId, name }: HostingZone): OfZone => ({ zoneId, zone: name });

function mayHost({ hosts }: HostingZone, { userId, groupId }: ZoneQuestion['host']): boolean {
  if (hosts === null || hosts.userIds.includes(userId)) return true;
  return groupId !== null && hosts.groupIds.includes(groupId);
}

/** Zones whose subnets hold the address, longest prefix first; says so when there is none. */
function matches(
  { address: text, zones, subnets }: ZoneQuestion,
  steps: ZoneStep[],
): { readonly zone: HostingZone; readonly subnet: Subnet }[] {
  const address = parseAddress(text);
  if (!address) {
    steps.push({ code: 'address-unreadable' });
    return [];
  }
  const found = subnets
    .filter(({ subnet }) => subnetContains(subnet, address))
    .toSorted((a, b) => b.subnet.prefixBits - a.subnet.prefixBits)
    .flatMap(({ zoneId, subnet }) => {
      const zone = zones.find((one) => one.zoneId === zoneId);
      return zone ? [{ zone, subnet }] : [];
    });
  if (found.length === 0) steps.push({ code: 'no-subnet', address: formatAddress(address) });
  return found;
}
