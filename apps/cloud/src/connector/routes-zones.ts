import { parseAddress, parseSubnet } from '@guildhall/domain';
import {
  CreateZoneRequest,
  DryRunAnswer,
  DryRunRequest,
  MoveNodeRequest,
  NodeIdSchema,
  UpdateZoneRequest,
  ZoneIdSchema,
  ZoneList,
} from '@guildhall/protocol';
import { z } from 'zod';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { StoredUser, StoredZoneRules } from '../store/port.ts';
import type { App } from '../web/types.ts';
import { assertOwnGroups, assertOwnPeople, voidPasses } from './act.ts';
import { doc } from './doc.ts';
import type { ConnectorServices } from './types.ts';

const ZoneParams = z.strictObject({ zoneId: ZoneIdSchema });
const NodeParams = z.strictObject({ nodeId: NodeIdSchema });
const MAX_ZONES = 100;

/** Zones: who may host in them, from which networks, and with which nodes. */
export function addZoneRoutes(app: App, services: ConnectorServices): void {
  const { store, callers, ids, clock, bus } = services;

  app.get('/api/v1/connector/zones', { schema: doc('The zones', ZoneList, {}) }, async (request) =>
    view(await callers.administrator(request), services),
  );

  app.post(
    '/api/v1/connector/zones',
    { schema: doc('Make a zone', ZoneList, { body: CreateZoneRequest }) },
    async (request) => {
      const caller = await callers.administrator(request);
      const zones = await store.zones.list(caller.accountId);
      if (zones.length >= MAX_ZONES) {
        throw refuse('request.too-large', { sentence: `An account has at most ${MAX_ZONES} zones.` });
      }
      assertFree(zones, request.body.name);
      const id = ids.zone();
      const { accountId } = caller;
      await store.connectors.insertZone({ id, accountId, name: request.body.name, createdAtMs: clock.now() });
      await audit(services, caller, 'zone.made', id);
      return view(caller, services);
    },
  );

  app.patch(
    '/api/v1/connector/zones/:zoneId',
    {
      schema: doc(
        'Change a zone: name, hosts, subnets, limits of its routers, or make it the default',
        ZoneList,
        {
          params: ZoneParams,
          body: UpdateZoneRequest,
        },
      ),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const { accountId } = caller;
      const { name, isDefault, hosts, subnets, participantsPerRouter, meetingsPerRouter } = request.body;
      const limits = {
        ...(participantsPerRouter !== undefined && { participantsPerRouter }),
        ...(meetingsPerRouter !== undefined && { meetingsPerRouter }),
      };
      const { zone, zones } = await zoneOf(caller, request.params.zoneId);
      // Everything is checked before anything is changed.
      if (name !== undefined)
        assertFree(
          zones.filter((one) => one.id !== zone.id),
          name,
        );
      if (hosts) {
        await assertOwnPeople(services, caller, hosts.userIds);
        await assertOwnGroups(services, caller, hosts.groupIds);
      }
      const networks = subnets?.map(readSubnet);
      if (networks) {
        const taken = await store.zones.setSubnets(accountId, zone.id, networks);
        if (taken !== undefined) throw subnetTaken(taken, zones);
      }
      if (hosts) {
        const isOpen = hosts.userIds.length === 0 && hosts.groupIds.length === 0;
        await store.zones.setHosts(zone.id, isOpen ? null : hosts);
      }
      if (name !== undefined) await store.zones.rename(zone.id, name);
      if (isDefault) await store.hosting.setDefaultZone(accountId, zone.id);
      if (Object.keys(limits).length > 0) {
        await store.zones.setLimits(zone.id, limits);
        await audit(services, caller, 'zone.limits-changed', zone.id);
        bus.publish('policy.changed', { zoneId: zone.id });
      }
      if (name !== undefined || isDefault || hosts || networks) {
        await audit(services, caller, 'zone.changed', zone.id);
        await voidPasses(services, caller);
      }
      return view(caller, services);
    },
  );

  app.delete(
    '/api/v1/connector/zones/:zoneId',
    { schema: doc('Delete a zone that has no nodes', ZoneList, { params: ZoneParams }) },
    async (request) => {
      const caller = await callers.administrator(request);
      const { zone, zones } = await zoneOf(caller, request.params.zoneId);
      const { defaultZoneId } = await store.hosting.settings(caller.accountId);
      if (zone.id === (defaultZoneId ?? zones[0]?.id)) throw refuse('hosting.zone-in-use');
      if (!(await store.zones.remove(caller.accountId, zone.id))) throw refuse('hosting.zone-in-use');
      await audit(services, caller, 'zone.removed', zone.id);
      await voidPasses(services, caller);
      return view(caller, services);
    },
  );

  app.put(
    '/api/v1/connector/nodes/:nodeId/zone',
    {
      schema: doc('Move a node to another zone', ZoneList, { params: NodeParams, body: MoveNodeRequest }),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const node = await store.connectors.node(request.params.nodeId);
      if (node?.accountId !== caller.accountId) throw refuse('not-found');
      const { zone } = await zoneOf(caller, request.body.zoneId);
      if (node.zoneId !== zone.id) {
        await store.connectors.moveNode(node.id, zone.id);
        await audit(services, caller, 'node.moved', node.id);
        await voidPasses(services, caller);
        bus.publish('node.moved', { nodeId: node.id });
        for (const zoneId of [node.zoneId, zone.id]) bus.publish('policy.changed', { zoneId });
      }
      return view(caller, services);
    },
  );

  app.post(
    '/api/v1/connector/dry-run',
    {
      schema: doc('Where a meeting would go, and why', DryRunAnswer, { body: DryRunRequest }),
    },
    async (request) => dryRun(await callers.administrator(request), request.body, services),
  );

  async function zoneOf(caller: StoredUser, id: StoredZoneRules['id']) {
    const zones = await store.zones.list(caller.accountId);
    const zone = zones.find((one) => one.id === id);
    if (!zone) throw refuse('not-found');
    return { zone, zones };
  }
}

function assertFree(zones: readonly StoredZoneRules[], name: string): void {
  const key = (text: string): string => text.trim().toLocaleLowerCase('en');
  if (zones.some((zone) => key(zone.name) === key(name)))
    throw refuse('hosting.name-taken', { field: 'name' });
}

/** The canonical text. */
function readSubnet(text: string): string {
  const parsed = parseSubnet(text.trim());
  if (parsed.ok) return parsed.subnet.text;
  const { problem } = parsed;
  const shown = text.trim().slice(0, 45);
  const sentences = {
    syntax: `“${shown}” is not a subnet. Write the network address and the prefix length, such as 10.1.0.0/16.`,
    prefix: `The prefix of “${shown}” is too long.`,
    'host-bits': `“${shown}” names a host and not a network. The network is ${problem.code === 'host-bits' ? problem.network : ''}.`,
    mapped: `“${shown}” is an IPv4 subnet written as IPv6. Write it as IPv4.`,
  };
  throw refuse('hosting.wrong-subnet', { field: 'subnets', sentence: sentences[problem.code] });
}

function subnetTaken(subnet: string, zones: readonly StoredZoneRules[]) {
  const owner = zones.find((zone) => zone.subnets.includes(subnet))?.name ?? 'another zone';
  const sentence = `The subnet ${subnet} belongs to the zone “${owner}” already. Remove it there first.`;
  return refuse('hosting.subnet-taken', { field: 'subnets', sentence });
}

async function dryRun(
  { accountId }: StoredUser,
  { address, number, userId }: DryRunRequest,
  { store, hosting }: ConnectorServices,
): Promise<DryRunAnswer> {
  if ((number === undefined) === (userId === undefined)) {
    const sentence = 'Name a meeting by its number, or a host: exactly one of them.';
    throw refuse('request.invalid', { field: 'number', sentence });
  }
  if (!parseAddress(address)) throw refuse('hosting.wrong-address', { field: 'address' });
  const meeting = number === undefined ? undefined : await store.meetings.findByNumber(number);
  if (number !== undefined && meeting?.accountId !== accountId)
    throw refuse('meeting.not-found', { field: 'number' });
  const hostUserId = meeting?.hostUserId ?? userId;
  const host = hostUserId && (await store.users.get(hostUserId));
  if (host?.accountId !== accountId) throw refuse('not-found', { field: 'userId' });
  const decision = await hosting.decide({ accountId, hostUserId: host.id, address, meeting });
  const answer = { ...decision, hostName: host.name };
  return 'steps' in answer ? { ...answer, steps: [...answer.steps] } : answer;
}

async function view(
  { accountId }: StoredUser,
  { store, defaultLimits }: ConnectorServices,
): Promise<z.output<typeof ZoneList>> {
  const zones = await store.zones.list(accountId);
  const { defaultZoneId } = await store.hosting.settings(accountId);
  const nodes = await store.connectors.nodesOfAccount(accountId);
  const standard = defaultZoneId ?? zones[0]?.id;
  return {
    defaultLimits,
    zones: zones.map(({ id, name, hosts, subnets, limits }) => ({
      zoneId: id,
      name,
      isDefault: id === standard,
      limited: hosts !== null,
      userIds: [...(hosts?.userIds ?? [])],
      groupIds: [...(hosts?.groupIds ?? [])],
      subnets: [...subnets],
      nodes: nodes
        .filter((node) => node.zoneId === id)
        .map((node) => ({ nodeId: node.id, name: node.name, role: node.role })),
      ...(limits.participantsPerRouter !== null && { participantsPerRouter: limits.participantsPerRouter }),
      ...(limits.meetingsPerRouter !== null && { meetingsPerRouter: limits.meetingsPerRouter }),
    })),
  };
}
