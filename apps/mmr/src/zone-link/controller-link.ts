import type { NodeId, RouterId } from '@guildhall/domain';
import { signNodeProof, type Clock, type Logger, type PrivateKeyJwk, type Random } from '@guildhall/kit';
import {
  features,
  productVersion,
  protocolVersions,
  zoneContract,
  type BranchReport,
  type OpenMeetingReport,
  type ZoneControllers,
} from '@guildhall/protocol';
import {
  createPeer,
  createReconnectingLink,
  GuildhallError,
  type Peer,
  type Pipe,
  type ReconnectingLink,
} from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import type { ControllerFacts, MinimumVersion, RegisteredController, ZoneOrders } from './types.ts';

/** The checkpoint of a meeting of 2,000 people with a long chat. */
export const maxZoneMessageBytes = 8 * 1024 * 1024;
const maxInFlight = 64;

export interface ControllerLinkOptions {
  /** Addresses of the controller's link for routers; each attempt takes the next. */
  readonly urls: readonly [string, ...string[]];
  /** Who must answer there; undefined for an address that was configured. */
  readonly expected: NodeId | undefined;
  readonly nodeId: NodeId;
  readonly key: PrivateKeyJwk;
  readonly routerId: RouterId;
  readonly signallingUrls: readonly string[];
  /** PEM of the account's authority, for `wss:`. */
  readonly authorityPem: string | undefined;
  readonly serverName: string | undefined;
  readonly orders: ZoneOrders;
  readonly reports: () => OpenMeetingReport[];
  readonly branches: () => BranchReport[];
  readonly onRegistered: (controller: RegisteredController, facts: ControllerFacts, url: string) => void;
  readonly onControllers: (told: ZoneControllers) => void;
  readonly onFacts: (
    facts: Pick<ControllerFacts, 'seatKeys' | 'webOrigins'> | Pick<ControllerFacts, 'limits'>,
  ) => void;
  readonly onLost: () => void;
  /** Why the last attempt failed; undefined once it is linked. */
  readonly onFailed: (code: string | undefined) => void;
  /** The oldest version that the account lets host meetings; null when any may. */
  readonly onMinimumVersion: (minimum: MinimumVersion | null) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Tests bring a pipe of their own. */
  readonly dial?: (url: string, authorization: string, signal: AbortSignal) => Promise<Pipe>;
}

type ZonePeer = Peer<typeof zoneContract, 'b'>;

/** Keeps one controller linked: dials, proves the node, registers with what is open, and again after every break. */
export const openControllerLink = (options: ControllerLinkOptions): ReconnectingLink<ZonePeer> => {
  const { urls, clock, random, logger } = options;
  let attempts = 0;
  let [url] = urls;
  const link = createReconnectingLink<ZonePeer>({
    dial: async (signal) => {
      const { key, nodeId } = options;
      url = urls[attempts++ % urls.length] ?? url;
      const proof = await signNodeProof({ key, nodeId, audience: 'zctrl', role: 'mmr', clock });
      const dial =
        options.dial ?? ((to, authorization, aborted) => dialOut(options, to, authorization, aborted));
      return dial(url, `Bearer ${proof}`, signal);
    },
    hello: (pipe, signal) => register(options, url, pipe, signal),
    // A controller that comes back waits only seconds for its routers before it opens meetings elsewhere.
    backoff: { firstMs: 200, maxMs: 1_500 },
    // Of a node that was moved to another zone, or a controller that is not the one it was said to be: that may change,
    // but nobody waits for it in seconds.
    backoffAfter: ({ code }) =>
      code === 'node.unknown' || code === 'node.bad-proof' ? { firstMs: 500, maxMs: 60_000 } : undefined,
    clock,
    random,
    logger,
  });
  let isUp = false;
  link.onState((state) => {
    const { kind } = state;
    if (kind === 'connected') options.onFailed(undefined);
    if (kind === 'waiting') options.onFailed(state.code);
    if (kind === 'connected') logger.info({ controller: url }, 'linked to a zone controller');
    if (isUp && kind !== 'connected') options.onLost();
    isUp = kind === 'connected';
  });
  link.start();
  return link;
};

/**
 * A host that vanished swallows what is sent to it, and a kernel repeats its first packet after 1, 3 and 7 s only. A
 * controller that is back opens meetings of its disk elsewhere after 3 s: an attempt from before must have been given up,
 * and the next one begun, within that.
 */
const handshakeTimeoutMs = 2_000;

const dialOut = (
  { authorityPem, serverName }: ControllerLinkOptions,
  url: string,
  authorization: string,
  signal: AbortSignal,
): Promise<Pipe> =>
  dialWs({
    url,
    headers: { authorization },
    ...(authorityPem !== undefined && { ca: authorityPem }),
    ...(serverName !== undefined && { servername: serverName }),
    maxPayloadBytes: maxZoneMessageBytes,
    handshakeTimeoutMs,
    signal,
  });

const register = async (
  options: ControllerLinkOptions,
  url: string,
  pipe: Pipe,
  signal: AbortSignal,
): Promise<ZonePeer> => {
  const { orders, clock, logger, nodeId, routerId, signallingUrls } = options;
  const peer: ZonePeer = createPeer({
    contract: zoneContract,
    side: 'b',
    pipe,
    handlers: {
      'meeting.open': (order) => orders.open(order),
      'meeting.branch': async (order) => {
        await orders.branch(order);
        return {};
      },
      'meeting.end': ({ meetingId, reason }) => {
        orders.end(meetingId, reason);
        return {};
      },
      'meeting.update': async (update) => ({ isOpen: await orders.update(update) }),
      'meeting.catchUp': async (missed) => ({ isOpen: await orders.catchUp(missed) }),
      'meeting.handover': async ({ meetingId }) => {
        const { epoch, rev, checkpoint, live } = await orders.handover(meetingId);
        return { epoch, rev, checkpoint, live };
      },
      'meeting.moved': ({ meetingId, epoch }) => {
        orders.moved(meetingId, epoch);
        return {};
      },
      'router.drain': (order) => {
        orders.drain(order);
        return {};
      },
      'meeting.merge': async ({ meetingId, epoch, rev, checkpoint }) => ({
        isOpen: await orders.merge(meetingId, { epoch, rev }, checkpoint),
      }),
    },
    clock,
    limits: {
      maxMessageBytes: maxZoneMessageBytes,
      maxInFlight,
      maxBufferedBytes: 8 * maxZoneMessageBytes,
    },
    logger,
  });
  peer.on('keys.changed', options.onFacts);
  peer.on('limits.changed', options.onFacts);
  peer.on('controllers.changed', options.onControllers);
  peer.on('version.required', ({ minimum }) => options.onMinimumVersion(minimum));
  peer.on('meeting.turnedAway', ({ meetingId, why }) => orders.turnedAway(meetingId, why));
  const request = {
    protocol: protocolVersions.max,
    features: [...features],
    routerId,
    nodeId,
    version: productVersion,
    signallingUrls: [...signallingUrls],
    meetings: options.reports(),
    ...someBranches(options.branches()),
  };
  const facts = await peer.request('register', request, { signal });
  if (options.expected !== undefined && facts.controllerId !== options.expected) {
    const sentence = `Another controller answers at ${url} than the zone says. Correct the addresses of the controllers.`;
    throw new GuildhallError('node.bad-proof', sentence);
  }
  options.onRegistered(registered(peer), facts, url);
  return peer;
};

const registered = (peer: ZonePeer): RegisteredController => ({
  putCheckpoint: async (input) => {
    const { checkpoint, ...rest } = input;
    await peer.request('checkpoint.put', { ...rest, checkpoint });
  },
  meetingEnded: async (end) => {
    await peer.request('meeting.ended', end);
  },
  putEvents: async (batchId, events) => {
    await peer.request('events.put', { batchId, events: [...events] });
  },
  reportLoad: ({ load, meetings, branches, draining, drainEndsAtMs, overload }) =>
    peer.emit('load.reported', {
      load,
      meetings: [...meetings],
      ...someBranches(branches),
      // Only while it is so: a controller of before does not know the words.
      ...(draining && { draining }),
      ...(drainEndsAtMs !== null && { drainEndsAtMs }),
      ...(overload && { overload }),
    }),
  reportQuality: (report) => peer.emit('quality.reported', report),
});

/** Only when there are some: a controller of before does not know the word. */
const someBranches = (branches: readonly BranchReport[]): { branches?: BranchReport[] } =>
  branches.length > 0 ? { branches: [...branches] } : {};
