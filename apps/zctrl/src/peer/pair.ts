import type { Server } from 'node:http';
import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { EndReason, MeetingId, ReserveAsk } from '@guildhall/domain';
import { signNodeProof, type Clock, type Logger, type Random } from '@guildhall/kit';
import type { NodeIdentity, Policy } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import type { WsServerHandle } from '@guildhall/rpc/ws-server';
import type { MeetingStorePort, PolicyPort, StoredCopy } from '../types.ts';
import { bringUpToDate } from './catch-up.ts';
import { PairLink } from './pair-link.ts';
import { greetPair, pairPath, servePair, type PairDoorOptions } from './pair-server.ts';
import { maxPairMessageBytes, type PairService } from './pair-session.ts';

/** What arrived while this process was stopped lies in the sockets; reading it takes a moment. */
const readingMs = 150;

interface PairOptions {
  readonly identity: NodeIdentity;
  readonly policy: PolicyPort & { accept(policy: Policy, options: { isCurrent: boolean }): boolean };
  readonly store: MeetingStorePort & {
    copiesOf(meetingId: MeetingId): readonly StoredCopy[];
    endsSince(
      sinceMs: number,
    ): readonly { meetingId: MeetingId; epoch: number; reason: EndReason; atMs: number }[];
  };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface PairAddresses {
  readonly peers: readonly string[];
  readonly peerServerName?: string | undefined;
}

export interface Pair {
  readonly link: PairLink;
  serve(server: Server): WsServerHandle;
  /** Resolves when what was told during a pause has been heard. */
  heardAfterPause(): Promise<void>;
}

/** The link with the other controller of the zone, both ways. */
export function createPair(
  { peers, peerServerName }: PairAddresses,
  options: PairOptions,
  answer: (meetingId: MeetingId, ask: ReserveAsk) => ReturnType<PairService['reserve']>,
): Pair {
  const { identity, policy, store, clock, random, logger } = options;
  const { nodeId, key } = identity;
  const service: PairService = {
    reserve: answer,
    keepCopy: async (copy) => {
      await store.putCheckpoint(copy).catch((error: unknown) => {
        // Kept, to be merged into the newer copy.
        if (!isGuildhallError(error, 'zone.stale-epoch')) throw error;
      });
    },
    keepEnd: (end) => store.endToldMeeting(end),
    takePolicy: (told) => void policy.accept(told, { isCurrent: false }),
  };
  const door: PairDoorOptions = { identity, policy, service, clock, random, logger };
  const link = new PairLink({
    self: nodeId,
    policy,
    urls: () => (peers.length > 0 ? peers : urlsOf(policy.current, nodeId)),
    dial: async (url, signal) => {
      const proof = await signNodeProof({ key, nodeId, audience: 'zctrl', role: 'zctrl', clock });
      const { hostname } = new URL(url);
      // The account's certificates name the VM and `localhost`, not the addresses it may get; who answers proves itself.
      const servername = peerServerName ?? (isIP(hostname) === 0 ? undefined : 'localhost');
      return dialWs({
        url,
        headers: { authorization: `Bearer ${proof}` },
        ca: [...getCACertificates('default'), identity.tls.authorityPem],
        ...(servername !== undefined && { servername }),
        maxPayloadBytes: maxPairMessageBytes,
        handshakeTimeoutMs: 2_000,
        signal,
      });
    },
    greet: (pipe) => greetPair(pipe, door),
    bringUpToDate: (session) => bringUpToDate(session, store, clock),
    clock,
    random,
    logger,
  });
  return {
    link,
    serve: (server) => servePair(server, { ...door, onSession: (session) => link.add(session, false) }),
    heardAfterPause: async () => {
      await new Promise<void>((read) => void clock.setTimeout(read, readingMs));
      await link.heard();
    },
  };
}

/** Where the policy says that the other controllers of the zone answer. */
function urlsOf(policy: Policy | undefined, self: string): string[] {
  return (policy?.controllers ?? [])
    .filter(({ nodeId }) => nodeId !== self)
    .flatMap(({ urls }) => urls)
    .map((text) => {
      const url = new URL(text);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      url.pathname = pairPath;
      return url.href;
    });
}
