import fc from 'fast-check';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { GroupId, UserId, ZoneId } from '../ids.ts';
import { formatAddress, parseAddress } from './address.ts';
import { effectiveHosting, hostingPlaces } from './setting.ts';
import { parseSubnet, subnetContains, type Subnet } from './subnet.ts';
import { compareVersions } from './version.ts';
import { chooseZone, type ZoneQuestion } from './zone.ts';

const text = <T extends string>(value: string): T => value as T;
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const subnet: fc.Arbitrary<Subnet> = fc
  .record({ at: address, share: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ at, share }) => {
    const parsed = parseAddress(at) ?? { family: 4 as const, value: 0n };
    const bits = Math.round(share * (parsed.family === 4 ? 32 : 128));
    const first = parseSubnet(`${formatAddress(parsed)}/${bits}`);
    const named = first.ok
      ? first
      : parseSubnet(first.problem.code === 'host-bits' ? first.problem.network : '10.0.0.0/8');
    if (!named.ok) throw new Error(named.problem.code);
    return named.subnet;
  });

describe('addresses', () => {
  test('whatever is read is an address to Node too, and is written so that it reads the same', () => {
    fc.assert(
      fc.property(fc.oneof(address, fc.string(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/u)), (input) => {
        const parsed = parseAddress(input);
        if (!parsed) return;
        expect(isIPv4(input) || isIPv6(input)).toBe(true);
        const written = formatAddress(parsed);
        expect(parsed.family === 4 ? isIPv4(written) : isIPv6(written)).toBe(true);
        expect(parseAddress(written)).toEqual(parsed);
      }),
    );
  });

  test('every address there is can be read', () => {
    fc.assert(
      fc.property(address, (input) => {
        expect(parseAddress(input)).toBeDefined();
      }),
    );
  });
});

describe('subnets', () => {
  test('a network with bits of a host is refused with the network that holds that host', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (at, bits) => {
        const parsed = parseSubnet(`${at}/${bits}`);
        const problem = parsed.ok ? undefined : parsed.problem;
        const named = problem?.code === 'host-bits' ? problem.network : `${at}/${bits}`;
        const meant = parseSubnet(named);
        const host = parseAddress(at);
        expect(meant.ok && host !== undefined && subnetContains(meant.subnet, host)).toBe(true);
        expect(meant.ok && meant.subnet.text).toBe(named);
      }),
    );
  });
});

const users = ['u1', 'u2'].map((id) => text<UserId>(id));
const groups = ['g1', 'g2'].map((id) => text<GroupId>(id));
const question: fc.Arbitrary<ZoneQuestion> = fc
  .array(
    fc.option(fc.record({ userIds: fc.subarray(users), groupIds: fc.subarray(groups) }), { nil: null }),
    {
      maxLength: 4,
    },
  )
  .chain((hosts) => {
    const zones = hosts.map((who, index) => ({
      zoneId: text<ZoneId>(`z${index}`),
      name: `Zone ${index}`,
      hosts: who,
    }));
    const ids = zones.map((zone) => zone.zoneId);
    const anyZone = ids.length === 0 ? fc.constant(null) : fc.constantFrom(null, ...ids);
    return fc.record({
      address: fc.oneof(address, fc.constant('nowhere')),
      host: fc.record({ userId: fc.constantFrom(...users), groupId: fc.constantFrom(null, ...groups) }),
      zones: fc.constant(zones),
      defaultZoneId: anyZone,
      subnets:
        ids.length === 0
          ? fc.constant([])
          : fc.array(fc.record({ zoneId: fc.constantFrom(...ids), subnet }), { maxLength: 6 }),
    });
  });

describe('the choice of a zone', () => {
  const mayHost = (asked: ZoneQuestion, zoneId: ZoneId): boolean => {
    const hosts = asked.zones.find((zone) => zone.zoneId === zoneId)?.hosts;
    if (hosts === null) return true;
    const { userId, groupId } = asked.host;
    return (
      hosts !== undefined &&
      (hosts.userIds.includes(userId) || (groupId !== null && hosts.groupIds.includes(groupId)))
    );
  };

  test('never goes where the host may not, and finds a zone whenever one lets the host in', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const { zoneId } = chooseZone(asked);
        const allowed = asked.zones.map((zone) => zone.zoneId).filter((id) => mayHost(asked, id));
        expect(zoneId === null ? allowed.length === 0 : allowed.includes(zoneId)).toBe(true);
      }),
    );
  });

  test('no allowed subnet around the address is longer than the one that decided', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const at = parseAddress(asked.address);
        const usable = asked.subnets.filter(
          (one) => at && subnetContains(one.subnet, at) && mayHost(asked, one.zoneId),
        );
        const longest = Math.max(-1, ...usable.map((one) => one.subnet.prefixBits));
        const last = chooseZone(asked).steps.at(-1);
        const deciding = last?.code === 'subnet' ? parseSubnet(last.subnet) : undefined;
        expect(deciding?.ok ? deciding.subnet.prefixBits : -1).toBe(longest);
      }),
    );
  });

  test('the order in which subnets are listed does not matter where prefixes differ', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const lengths = asked.subnets.map((one) => one.subnet.prefixBits);
        fc.pre(new Set(lengths).size === lengths.length);
        const reversed = chooseZone({ ...asked, subnets: asked.subnets.toReversed() });
        expect(reversed).toEqual(chooseZone(asked));
      }),
    );
  });
});

test('a locked level decides over everything below it', () => {
  const place = fc.constantFrom(...hostingPlaces);
  const maybe = fc.option(place, { nil: null });
  const input = fc.record({
    account: fc.record({ place, locked: fc.boolean() }),
    group: fc.option(fc.record({ name: fc.constant('Sales'), place: maybe, locked: fc.boolean() }), {
      nil: null,
    }),
    user: maybe,
  });
  fc.assert(
    fc.property(input, place, ({ account, group, user }, other) => {
      const decided = effectiveHosting({ account, group, user });
      expect(account.locked ? decided.place : account.place).toBe(account.place);
      const isHeld = account.locked || (group?.locked === true && group.place !== null);
      const withOther = effectiveHosting({ account, group, user: other });
      expect(withOther.place).toBe(isHeld ? decided.place : other);
    }),
  );
});

test('versions are in one order: antisymmetric and transitive', () => {
  const part = fc.oneof(fc.nat(12).map(String), fc.constantFrom('rc', 'x'));
  const version = fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(part, { maxLength: 2 }))
    .map(([numbers, pre]) => numbers.join('.') + (pre.length > 0 ? `-${pre.join('.')}` : ''));
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
      const sorted = [a, b, c].toSorted(compareVersions);
      expect([c, b, a].toSorted(compareVersions).map((one) => compareVersions(one, a))).toEqual(
        sorted.map((one) => compareVersions(one, a)),
      );
    }),
  );
});
