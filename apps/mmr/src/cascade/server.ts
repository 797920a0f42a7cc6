import type { IncomingMessage, Server } from 'node:http';
import type { MeetingId, RouterId } from '@guildhall/domain';
import {
  UsedTokens,
  verifyNodeProof,
  verifyToken,
  type Clock,
  type Logger,
  type Timer,
} from '@guildhall/kit';
import {
  BranchClaims,
  branchLifetimeMs,
  cascadeContract,
  closeCodes,
  errorCodes,
  isErrorCode,
  NodeProofClaims,
  protocolVersions,
  routerAudience,
  speaksProtocol,
  type PublicJwk,
} from '@guildhall/protocol';
import { createPeer, GuildhallError, type Peer, type Pipe } from '@guildhall/rpc';
import { attachWsServer } from '@guildhall/rpc/ws-server';
import { toRevision } from '../revisions.ts';
import type {
  BranchDoor,
  BranchesPort,
  BranchFeed,
  BranchOpened,
  BranchOpening,
  FarRouter,
} from '../types.ts';
import { branchHeader, cascadeLimits, cascadePath, Held } from './link.ts';

export interface CascadeDeps {
  readonly routerId: RouterId;
  /** Keys of the controllers whose branch tokens are good. */
  readonly keys: () => readonly PublicJwk[];
  readonly branchesOf: (meetingId: MeetingId) => BranchesPort | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface CascadeServer {
  /** Idempotent. */
  close(): Promise<void>;
}

const openWithinMs = 5_000;
/** The end of a meeting is told before the link closes, and the branch closes it itself. */
const farewellMs = 3_000;

/** Serves `/v1/cascade`, where other routers bring in the people behind their branches. */
export const serveCascade = (server: Server, deps: CascadeDeps): CascadeServer => {
  const seen = new UsedTokens(deps.clock);
  const handle = attachWsServer<BranchClaims>({
    server,
    path: cascadePath,
    maxPayloadBytes: cascadeLimits.maxMessageBytes,
    maxConnections: 2_000,
    // Pages never dial this link, whatever credentials they got hold of.
    checkOrigin: (origin) => origin === undefined,
    authorize: (request) => authorizeBranch(request.headers, seen, deps),
    statusOf: (code) => (isErrorCode(code) ? errorCodes[code].http : 403),
    onConnection: (pipe, { identity }) => void new CascadeSession(pipe, identity, deps),
    logger: deps.logger,
  });
  return { close: () => handle.close(4503, closeCodes[4503].name) };
};

/**
 * A controller's token for this router, one meeting and one other router, and the proof that it is that router's node
 * which dials.
 * @throws node.bad-proof, auth.replayed, overloaded
 */
export const authorizeBranch = async (
  headers: IncomingMessage['headers'],
  seen: UsedTokens,
  { routerId, keys, clock }: Pick<CascadeDeps, 'routerId' | 'keys' | 'clock'>,
): Promise<BranchClaims> => {
  const token = headers[branchHeader];
  if (typeof token !== 'string') throw badProof('The router brought no branch token.');
  const claims = await verifyToken(token, {
    schema: BranchClaims,
    audience: routerAudience(routerId),
    // The signature decides which controller it was; the issuer's name is only a name.
    keysOf: () => keys(),
    clock,
    codes: { invalid: 'node.bad-proof', expired: 'node.bad-proof' },
    maxLifetimeMs: branchLifetimeMs,
  });
  const proof = await verifyNodeProof(headers.authorization, {
    schema: NodeProofClaims,
    audience: 'mmr',
    keysOf: (nodeId) => (nodeId === claims.nodeId ? [claims.nodeKey] : []),
    seen,
    clock,
  });
  if (proof.sub !== 'mmr') throw badProof('Only multimedia routers may open this link.');
  return claims;
};

const badProof = (sentence: string): GuildhallError => new GuildhallError('node.bad-proof', sentence);

/** The link of one branch, from its first message to its close. */
export class CascadeSession {
  readonly #peer: Peer<typeof cascadeContract, 'a'>;
  readonly #claims: BranchClaims;
  readonly #deps: CascadeDeps;
  readonly #timer: Timer;
  #opens = false;
  #door: BranchDoor | undefined;

  constructor(pipe: Pipe, claims: BranchClaims, deps: CascadeDeps) {
    this.#claims = claims;
    this.#deps = deps;
    const empty = {};
    this.#peer = createPeer({
      contract: cascadeContract,
      side: 'a',
      pipe,
      // The table of what a branch may ask: `open` first, then everything, for the people behind it.
      handlers: {
        open: (input, context) => this.#open(input, (answer) => void context.reply(answer)),
        enter: ({ person }) => this.#opened().enter(person),
        act: async ({ command }) => {
          await this.#opened().act(command);
          return empty;
        },
        chat: ({ by, lineId, text }) => this.#opened().chat(by, lineId, text),
        plan: ({ participantId, track }) => this.#opened().plan(participantId, track),
        'pipe.open': async ({ pipe: far }) => {
          const { media } = this.#opened();
          const own = await media.offer();
          await media.connect(far);
          return { pipe: own };
        },
        'pipe.want': ({ trackId, maxSpatialLayer }) => this.#opened().media.serve(trackId, maxSpatialLayer),
        'pipe.unwant': ({ trackId }) => {
          this.#opened().media.release(trackId);
          return empty;
        },
      },
      clock: deps.clock,
      limits: cascadeLimits,
      logger: deps.logger,
    });
    this.#peer.on('meeting.turnedAway', ({ why }) => this.#door?.turnedAway(why));
    this.#timer = deps.clock.setTimeout(() => this.#peer.close(4408, 'no open'), openWithinMs);
    void this.#untilClosed();
  }

  async #untilClosed(): Promise<void> {
    await this.#peer.closed;
    this.#timer.cancel();
    this.#door?.lost();
  }

  async #open(
    input: Omit<BranchOpening, 'features'>,
    reply: (answer: BranchOpened) => void,
  ): Promise<BranchOpened> {
    if (this.#opens) throw new GuildhallError('protocol.hello-repeated', 'This branch is open already.');
    if (!speaksProtocol(input.protocol)) {
      const { min, max } = protocolVersions;
      const sentence = `The router speaks protocol ${input.protocol}, this one ${min} to ${max}. Update the older one.`;
      throw new GuildhallError('protocol.version', sentence);
    }
    const { meetingId, routerId } = this.#claims;
    if (input.meetingId !== meetingId || input.routerId !== routerId) {
      throw badProof('The branch token is for another meeting or another router.');
    }
    const branches = this.#deps.branchesOf(meetingId);
    if (!branches) throw new GuildhallError('meeting.not-here', errorCodes['meeting.not-here'].sentence);
    this.#opens = true;
    this.#timer.cancel();
    const held = new Held();
    try {
      const { opened, door } = await branches.open(input, this.#feed(held), this.#far());
      this.#door = door;
      reply(opened);
      held.release();
      if (this.#peer.isClosed) door.lost();
      return opened;
    } catch (error) {
      this.#opens = false;
      throw error;
    }
  }

  #feed(held: Held): BranchFeed {
    return {
      revised: (revision) => held.run(() => this.#peer.emit('revised', toRevision(revision))),
      affected: (effect) => held.run(() => this.#peer.emit('affected', { effect })),
      turnedAway: (why) => held.run(() => this.#peer.emit('meeting.turnedAway', { why })),
      close: () =>
        void this.#deps.clock.setTimeout(() => this.#peer.close(4503, closeCodes[4503].name), farewellMs),
    };
  }

  #far(): FarRouter {
    return {
      want: (trackId, maxSpatialLayer) => this.#peer.request('pipe.want', { trackId, maxSpatialLayer }),
      unwant: (trackId) => void this.#peer.request('pipe.unwant', { trackId }).catch(() => undefined),
      pipeLost: () => this.#peer.emit('pipe.lost', {}),
      ended: (trackId) => this.#peer.emit('pipe.ended', { trackId }),
    };
  }

  #opened(): BranchDoor {
    if (this.#door) return this.#door;
    throw new GuildhallError('protocol.hello-required', 'Send open first.');
  }
}
