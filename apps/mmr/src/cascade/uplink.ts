import { getCACertificates } from 'node:tls';
import type { NodeId, RouterId } from '@guildhall/domain';
import { signNodeProof, type Clock, type Logger, type PrivateKeyJwk, type Random } from '@guildhall/kit';
import { cascadeContract, features, protocolVersions } from '@guildhall/protocol';
import {
  createPeer,
  createReconnectingLink,
  GuildhallError,
  isGuildhallError,
  type InputToSend,
  type OutputReceived,
  type Peer,
  type Pipe,
  type ReconnectingLink,
  type RequestName,
} from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { fromRevision } from '../revisions.ts';
import type { BranchListener, BranchOrder, BranchUplink, FarRouter } from '../types.ts';
import { branchHeader, cascadeLimits, Held } from './link.ts';

export interface UplinkDeps {
  readonly nodeId: NodeId;
  readonly key: PrivateKeyJwk;
  readonly routerId: RouterId;
  /** PEM of the account's authority; certificates of the public authorities are good too. */
  readonly authorityPem: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Tests bring a pipe of their own. */
  readonly dial?: (url: string, headers: Record<string, string>, signal: AbortSignal) => Promise<Pipe>;
}

type CascadePeer = Peer<typeof cascadeContract, 'b'>;
type Top = (typeof cascadeContract)['a'];

/** How long a request waits for a link that is broken for a moment. */
const linkPatienceMs = 5_000;
const handshakeMs = 3_000;
/** The other router pings every 5 s. */
const maxSilenceMs = 12_000;

/** Dials the router that owns a meeting, and again after every break, until it is closed. */
export const openUplink = (order: BranchOrder, listener: BranchListener, deps: UplinkDeps): BranchUplink => {
  const uplink = new CascadeUplink(order, listener, deps);
  uplink.start();
  return uplink;
};

class CascadeUplink implements BranchUplink {
  readonly #deps: UplinkDeps;
  readonly #listener: BranchListener;
  readonly #ready = Promise.withResolvers<void>();
  #order: BranchOrder;
  #link: ReconnectingLink<CascadePeer>;
  #isUp = false;

  constructor(order: BranchOrder, listener: BranchListener, deps: UplinkDeps) {
    this.#order = order;
    this.#listener = listener;
    this.#deps = deps;
    this.#ready.promise.catch(() => undefined);
    this.#link = this.#makeLink();
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get far(): FarRouter {
    return {
      want: (trackId, maxSpatialLayer) => this.#ask('pipe.want', { trackId, maxSpatialLayer }),
      unwant: (trackId) => this.#tell('pipe.unwant', { trackId }),
      // The branch opens the pipe itself, when its room is back.
      pipeLost: () => undefined,
      // Only the owner passes on what comes from other routers.
      ended: () => undefined,
    };
  }

  start(): void {
    this.#link.start();
  }

  lead(order: BranchOrder): void {
    const isSame = order.top.routerId === this.#order.top.routerId && order.epoch === this.#order.epoch;
    this.#order = order;
    if (isSame && this.#isUp) return;
    const before = this.#link;
    this.#link = this.#makeLink();
    before.close();
    this.#link.start();
  }

  enter: BranchUplink['enter'] = (person) => this.#ask('enter', { person });
  plan: BranchUplink['plan'] = (participantId, track) => this.#ask('plan', { participantId, track });
  chat: BranchUplink['chat'] = (by, lineId, text) => this.#ask('chat', { by, lineId, text });
  act: BranchUplink['act'] = async (command) => {
    await this.#ask('act', { command });
  };
  turnedAway: BranchUplink['turnedAway'] = (why) => {
    this.#link.session?.emit('meeting.turnedAway', { why });
  };
  openPipe: BranchUplink['openPipe'] = async (own) => {
    // Never repeated on a later link: that one makes a pipe of its own.
    const peer = await this.#peer();
    return (await peer.request('pipe.open', { pipe: own })).pipe;
  };

  close(): void {
    this.#link.close();
  }

  /** Every request is harmless when repeated: one that was cut off by a broken link is asked again on the next. */
  async #ask<K extends RequestName<Top>>(
    name: K,
    input: InputToSend<Top, K>,
  ): Promise<OutputReceived<Top, K>> {
    const peer = await this.#peer();
    try {
      return await peer.request(name, input);
    } catch (error) {
      if (!isGuildhallError(error, 'link.closed') || !peer.isClosed) throw error;
      return (await this.#peer()).request(name, input);
    }
  }

  #tell<K extends RequestName<Top>>(name: K, input: InputToSend<Top, K>): void {
    this.#link.session?.request(name, input).catch(() => undefined);
  }

  async #peer(): Promise<CascadePeer> {
    const { promise, reject } = Promise.withResolvers<never>();
    const sentence = 'The router that owns this meeting cannot be reached. Try again in a moment.';
    const timer = this.#deps.clock.setTimeout(
      () => reject(new GuildhallError('link.closed', sentence, { retryAfterMs: 1_000 })),
      linkPatienceMs,
    );
    return Promise.race([this.#link.connected(), promise]).finally(() => timer.cancel());
  }

  #makeLink(): ReconnectingLink<CascadePeer> {
    const { clock, random, logger } = this.#deps;
    const link = createReconnectingLink<CascadePeer>({
      dial: (signal) => this.#dial(signal),
      hello: (pipe, signal) => this.#hello(pipe, signal),
      backoff: { firstMs: 200, maxMs: 2_000 },
      clock,
      random,
      logger,
    });
    link.onState((state) => {
      if (link !== this.#link) return;
      const isUp = state.kind === 'connected';
      if (isUp) this.#ready.resolve();
      // Only the first attempt counts for who waits: the controller has other routers.
      if (state.kind === 'waiting') this.#ready.reject(new GuildhallError('link.unreachable', state.why));
      if (state.kind === 'closed')
        this.#ready.reject(new GuildhallError('link.closed', 'The branch is closed.'));
      if (!isUp && (this.#isUp || state.kind === 'waiting')) this.#listener.linkLost();
      this.#isUp = isUp;
    });
    return link;
  }

  async #dial(signal: AbortSignal): Promise<Pipe> {
    const { key, nodeId, clock, authorityPem } = this.#deps;
    let failure: unknown = new GuildhallError('link.unreachable', 'The router has no address.');
    for (const signallingUrl of this.#order.top.urls) {
      const proof = await signNodeProof({ key, nodeId, audience: 'mmr', role: 'mmr', clock });
      const headers = { authorization: `Bearer ${proof}`, [branchHeader]: this.#order.token };
      // Beside `/v1/meeting`, wherever a proxy has put that.
      const url = new URL('cascade', signallingUrl).href;
      try {
        if (this.#deps.dial) return await this.#deps.dial(url, headers, signal);
        return await dialWs({
          url,
          headers,
          ca: [...getCACertificates('default'), ...(authorityPem === undefined ? [] : [authorityPem])],
          maxPayloadBytes: cascadeLimits.maxMessageBytes,
          handshakeTimeoutMs: handshakeMs,
          maxSilenceMs,
          signal,
        });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #hello(pipe: Pipe, signal: AbortSignal): Promise<CascadePeer> {
    const listener = this.#listener;
    const { clock, logger, routerId } = this.#deps;
    const peer: CascadePeer = createPeer({
      contract: cascadeContract,
      side: 'b',
      pipe,
      handlers: {
        'pipe.want': ({ trackId, maxSpatialLayer }) => listener.media().serve(trackId, maxSpatialLayer),
        'pipe.unwant': ({ trackId }) => {
          listener.media().release(trackId);
          return {};
        },
      },
      clock,
      limits: cascadeLimits,
      logger,
    });
    // The answer to `open` comes first, but whoever awaits it goes on a little later than events arrive.
    const held = new Held();
    peer.on('revised', (revision) => held.run(() => listener.revised(fromRevision(revision))));
    peer.on('affected', ({ effect }) => held.run(() => listener.affected(effect)));
    peer.on('meeting.turnedAway', ({ why }) => listener.turnedAway(why));
    peer.on('pipe.lost', () => held.run(() => listener.pipeLost()));
    peer.on('pipe.ended', ({ trackId }) => held.run(() => listener.media().ended(trackId)));
    const opening = listener.opening();
    const answer = await peer.request(
      'open',
      {
        protocol: protocolVersions.max,
        features: [...features],
        routerId,
        meetingId: this.#order.meetingId,
        since: opening.since,
        people: [...opening.people],
      },
      { signal },
    );
    listener.opened(answer);
    held.release();
    return peer;
  }
}
