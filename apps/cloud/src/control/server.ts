import type { Server } from 'node:http';
import type { NodeId } from '@guildhall/domain';
import { UsedTokens, verifyNodeProof, type Clock, type Logger } from '@guildhall/kit';
import { controlContract, NodeIdSchema, NodeProofClaims, speaksProtocol } from '@guildhall/protocol';
import { createPeer, GuildhallError, type Pipe } from '@guildhall/rpc';
import { attachWsServer, type WsServerHandle } from '@guildhall/rpc/ws-server';
import { closing } from '../close-codes.ts';
import { httpStatusOf, refuse } from '../refuse.ts';
import type { Store, StoredNode } from '../store/port.ts';
import type { Bus } from '../bus/port.ts';
import type { EventSink } from './events.ts';
import { nameOf, type ControlLinks, type ControlPeer } from './links.ts';
import type { Policies } from './policy.ts';
import { portalChangesOf } from './portal-changes.ts';

export interface ControlServerOptions {
  readonly store: Store;
  readonly links: ControlLinks;
  readonly policies: Policies;
  readonly events: EventSink;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** 500 events, or the reports of 200 routers, fit several times. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const REGISTER_DEADLINE_MS = 10_000;

/** The WebSocket `/control` to which zone controllers dial. May be attached to several HTTP servers. */
export function createControlServer(options: ControlServerOptions): (server: Server) => WsServerHandle {
  const { store, bus, clock, logger } = options;
  // Shared: a proof used on one port is used on all.
  const seen = new UsedTokens(clock);
  const authorize = async (authorization: string | undefined): Promise<StoredNode> => {
    let claimed: StoredNode | undefined;
    const keysOf = async (id: string) => {
      claimed = await nodeOf(store, id);
      return [claimed.publicKey];
    };
    const proof = { schema: NodeProofClaims, audience: 'control', keysOf, seen, clock };
    const claims = await verifyNodeProof(authorization, proof).catch((error: unknown) => {
      if (claimed) bus.publish('controller.refused', { ...nameOf(claimed), code: 'node.bad-proof' });
      throw error;
    });
    const node = await nodeOf(store, claims.iss);
    if (claims.sub !== 'zctrl' || node.role !== 'controller') {
      throw refuse('node.bad-proof', {
        sentence: 'Only the zone controller of a controller VM opens this link.',
      });
    }
    return node;
  };
  return (server) =>
    attachWsServer<StoredNode>({
      server,
      path: '/control',
      maxPayloadBytes: MAX_MESSAGE_BYTES,
      // Nodes are not browsers: a page must not even try.
      checkOrigin: (origin) => origin === undefined,
      authorize: (request) => authorize(request.headers.authorization),
      statusOf: httpStatusOf,
      onConnection: (pipe, { identity }) => serve(pipe, identity, options),
      logger,
    });
}

async function nodeOf(store: Store, id: string): Promise<StoredNode> {
  const nodeId = NodeIdSchema.safeParse(id);
  const node = nodeId.success ? await store.connectors.node(nodeId.data) : undefined;
  if (!node) throw refuse('node.unknown');
  return node;
}

function serve(pipe: Pipe, node: StoredNode, options: ControlServerOptions): void {
  const { store, links, policies, events, bus, clock, logger } = options;
  let isRegistered = false;
  const peer: ControlPeer = createPeer({
    contract: controlContract,
    side: 'a',
    pipe,
    clock,
    logger,
    limits: { maxMessageBytes: MAX_MESSAGE_BYTES },
    handlers: {
      register: async (input) => {
        if (!speaksProtocol(input.protocol)) {
          bus.publish('controller.refused', { ...nameOf(node), code: 'protocol.version' });
          throw refuse('protocol.version');
        }
        assertSelf(node.id, input.nodeId);
        // Asked again: it may have been removed since the link was opened.
        const now = await nodeOf(store, node.id);
        const policy = await policies.of({ id: now.zoneId, accountId: now.accountId });
        if (!policy) throw refuse('node.unknown');
        await store.connectors.registered(now.id, input.version, input.urls, clock.now());
        if (peer.isClosed)
          throw new GuildhallError('link.closed', 'The link was closed while it registered.');
        isRegistered = true;
        deadline.cancel();
        links.add(now, peer, input);
        // The other controller of the zone dials what this one says.
        if (JSON.stringify(now.urls) !== JSON.stringify(input.urls)) {
          bus.publish('policy.changed', { zoneId: now.zoneId });
        }
        return { policy, serverTimeMs: clock.now() };
      },
      'events.push': (input) => {
        if (!isRegistered) throw refuse('protocol.hello-required');
        return events.push(node, input);
      },
      'meeting.claim': async ({ claims }) => {
        if (!isRegistered) throw refuse('protocol.hello-required');
        const { id: nodeId, accountId } = node;
        const asks = claims.map((claim) => ({ nodeId, accountId, ...claim }));
        const answers = await store.claims.claim(asks, clock.now());
        return { answers: answers.map((answer) => answer ?? { kind: 'unknown' }) };
      },
      'meetings.check': async ({ meetingIds }) => {
        if (!isRegistered) throw refuse('protocol.hello-required');
        const { accountId } = node;
        const deleted = await store.meetings.deletedOf(accountId, meetingIds);
        const changed = await store.meetings.changedOf(accountId, meetingIds);
        const nowMs = clock.now();
        return { deleted, changed: changed.flatMap((meeting) => portalChangesOf(meeting, nowMs) ?? []) };
      },
    },
  });
  const deadline = clock.setTimeout(() => {
    peer.close(closing.helloTimeout, 'no hello came in time');
  }, REGISTER_DEADLINE_MS);
  void peer.closed.then(() => deadline.cancel());
}

function assertSelf(proved: NodeId, claimed: NodeId): void {
  if (proved !== claimed) throw refuse('node.bad-proof', { field: 'nodeId' });
}
