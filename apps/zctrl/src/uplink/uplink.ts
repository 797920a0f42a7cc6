import type { EndReason, MeetingId, NodeId } from '@guildhall/domain';
import {
  signNodeProof,
  type Clock,
  type Logger,
  type PrivateKeyJwk,
  type Random,
  type Timer,
} from '@guildhall/kit';
import {
  controlContract,
  features,
  productVersion,
  protocolVersions,
  type DrainDeadline,
  type MeetingUpdateOrder,
  type NodeIdentity,
  type OpenPlace,
  type PairReport,
  type PlacementTold,
  type Policy,
  type PortalChanges,
  type RouterReport,
} from '@guildhall/protocol';
import {
  createPeer,
  createReconnectingLink,
  type LinkState,
  type Peer,
  type Pipe,
  type ReconnectingLink,
} from '@guildhall/rpc';
import { MeetingCheck } from './meeting-check.ts';
import { OutboxPusher } from './outbox-pusher.ts';
import { QualityRelay, type QualityTold } from './quality-relay.ts';
import type { OutboxSource } from './types.ts';

const statusEveryMs = 2_000;
/** A burst of joins is one report. */
const statusDelayMs = 100;
const maxMessageBytes = 1024 * 1024;

/** A join waits for this answer. */
const claimWithinMs = 400;
/** A deadline that is later than this passed while this process stood still. */
const stoodStillMs = 100;

type Claims = readonly { readonly meetingId: MeetingId; readonly place: OpenPlace }[];
type ClaimAnswers = readonly (
  | { readonly kind: 'granted'; readonly epoch: number }
  | { readonly kind: 'held'; readonly place: OpenPlace }
  | { readonly kind: 'silent' }
)[];

type ControlPeer = Peer<typeof controlContract, 'b'>;

interface ZoneStatus {
  readonly routers: RouterReport[];
  readonly meetings: number;
  readonly participants: number;
  readonly pair?: PairReport;
}

interface UplinkOptions {
  readonly identity: Pick<NodeIdentity, 'nodeId'> & { readonly key: PrivateKeyJwk };
  /** Opens a socket to the cloud controller with this `Authorization` header. */
  readonly dial: (authorization: string, signal: AbortSignal) => Promise<Pipe>;
  readonly publicUrls: readonly string[];
  readonly startedAtMs: number;
  readonly policy: {
    readonly current: Policy | undefined;
    accept(policy: Policy, options: { isCurrent: boolean }): boolean;
  };
  readonly outbox: OutboxSource;
  readonly status: () => ZoneStatus;
  /** End of the certificate in use, epoch ms; undefined without TLS. */
  readonly certificateExpiresAtMs: () => number | undefined;
  /** Everything that runs in the zone, or would be opened again. */
  readonly running: () => readonly MeetingId[];
  readonly endMeeting: (meetingId: MeetingId, reason: EndReason) => Promise<void>;
  /** Why the meetings of these days are where they are, for a cloud that was away. */
  readonly placements: () => readonly PlacementTold[];
  /** Its owner changed a meeting in the portal. */
  readonly onUpdate: (update: MeetingUpdateOrder) => void;
  /** What was changed there while this controller may not have been told. */
  readonly onMissed: (missed: PortalChanges) => void;
  readonly drainRouter: (
    order: DrainDeadline & { readonly nodeId: NodeId; readonly draining: boolean },
  ) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The link to the cloud controller. We dial; when it breaks, the zone works on with what it knows. */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #link: ReconnectingLink<ControlPeer>;
  readonly #pusher: OutboxPusher;
  readonly #relay: QualityRelay;
  readonly #check: MeetingCheck;
  #statusTimer: Timer | undefined;
  #soon: Timer | undefined;
  #sinceMs: number;
  /** As told over this link. */
  #toldExpiresAtMs: number | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
    const { clock, random, logger } = options;
    this.#sinceMs = clock.now();
    this.#link = createReconnectingLink<ControlPeer>({
      dial: async (signal) => options.dial(await this.#authorization(), signal),
      hello: (pipe) => this.#register(pipe),
      backoff: { firstMs: 500, maxMs: 10_000 },
      clock,
      random,
      logger,
    });
    this.#link.onState((state) => this.#entered(state));
    this.#relay = new QualityRelay(clock, (told) => this.#link.session?.emit('quality.reported', told));
    this.#check = new MeetingCheck(options);
    this.#pusher = new OutboxPusher({
      outbox: options.outbox,
      push: async (batch) => {
        const { ackedSeq } = await this.#peer().request('events.push', {
          outboxEpoch: batch.outboxEpoch,
          events: [...batch.events],
        });
        return ackedSeq;
      },
      clock,
      logger,
    });
  }

  /** For the console and /debug/state. */
  get state(): {
    readonly state: 'connected' | 'connecting';
    readonly sinceMs: number;
    readonly why: string | null;
  } {
    const { state } = this.#link;
    return {
      state: state.kind === 'connected' ? 'connected' : 'connecting',
      sinceMs: this.#sinceMs,
      why: state.kind === 'waiting' ? state.why : null,
    };
  }

  start(): void {
    this.#link.start();
  }

  /** Something the cloud shows has changed. */
  statusChanged(): void {
    if (this.#soon || this.#link.state.kind !== 'connected') return;
    this.#soon = this.#options.clock.setTimeout(() => {
      this.#soon = undefined;
      this.#report();
    }, statusDelayMs);
  }

  /** The cloud as the witness of a pair whose controllers do not hear each other. Never rejects. */
  async claim(claims: Claims): Promise<ClaimAnswers> {
    const { clock } = this.#options;
    const askedAtMs = clock.monotonicMs();
    const answers = await this.#claimOnce(claims);
    const lateMs = clock.monotonicMs() - askedAtMs - claimWithinMs;
    // After a pause the deadline is heard before the answer that lies in the socket; that is not the cloud's silence.
    return lateMs < stoodStillMs ? answers : this.#claimOnce(claims);
  }

  async #claimOnce(claims: Claims): Promise<ClaimAnswers> {
    const silent = claims.map(() => ({ kind: 'silent' as const }));
    const peer = this.#link.session;
    if (!peer) return silent;
    try {
      const input = { claims: claims.map((claim) => ({ ...claim })) };
      const { answers } = await peer.request('meeting.claim', input, { deadlineMs: claimWithinMs });
      // What is not a meeting of this account the cloud has no say in.
      return answers.map((answer) => (answer.kind === 'unknown' ? { kind: 'silent' as const } : answer));
    } catch (error) {
      this.#options.logger
        .sampled('claim', 10_000)
        .warn({ err: error }, 'the cloud could not be asked who opens a meeting');
      return silent;
    }
  }

  /** A meeting or a branch was opened; lost when the link is, and told anew with the next one. */
  placed(told: PlacementTold): void {
    this.#link.session?.emit('placement.decided', told);
  }

  /** A router's newest word on its meetings; waits for the next turn, replaces the one before. */
  qualityReported(told: QualityTold): void {
    this.#relay.keep(told);
  }

  /** Idempotent. */
  close(): void {
    this.#pusher.close();
    this.#relay.close();
    this.#statusTimer?.cancel();
    this.#soon?.cancel();
    this.#link.close(1001, 'the zone controller is closing');
  }

  async #authorization(): Promise<string> {
    const { identity, clock } = this.#options;
    const { nodeId, key } = identity;
    return `Bearer ${await signNodeProof({ key, nodeId, audience: 'control', role: 'zctrl', clock })}`;
  }

  async #register(pipe: Pipe): Promise<ControlPeer> {
    const { identity, policy, clock, logger, endMeeting, drainRouter } = this.#options;
    const peer = createPeer({
      contract: controlContract,
      side: 'b',
      pipe,
      handlers: {
        'meeting.end': async ({ meetingId, reason }) => {
          await endMeeting(meetingId, reason);
          return {};
        },
        'router.drain': async (order) => {
          await drainRouter(order);
          return {};
        },
      },
      clock,
      limits: { maxMessageBytes },
      logger,
    });
    peer.on('meeting.updated', (update) => this.#options.onUpdate(update));
    peer.on('policy.changed', (told) => policy.accept(told.policy, { isCurrent: false }));
    const answer = await peer.request('register', {
      protocol: protocolVersions.max,
      features: [...features],
      nodeId: identity.nodeId,
      version: productVersion,
      urls: [...this.#options.publicUrls],
      policyRev: policy.current?.rev ?? -1,
      startedAtMs: this.#options.startedAtMs,
    });
    this.#compareClocks(answer.serverTimeMs);
    policy.accept(answer.policy, { isCurrent: true });
    return peer;
  }

  /** Tokens allow a minute; half of it is time to say something before people are refused. */
  #compareClocks(serverTimeMs: number): void {
    const { clock, logger } = this.#options;
    const skewMs = clock.now() - serverTimeMs;
    if (Math.abs(skewMs) > 30_000) logger.warn({ skewMs }, 'the clocks of this node and the cloud differ');
  }

  #entered(state: LinkState): void {
    const { clock, logger } = this.#options;
    this.#statusTimer?.cancel();
    if (state.kind === 'connected') {
      this.#sinceMs = clock.now();
      this.#toldExpiresAtMs = undefined;
      logger.info('connected to the cloud');
      this.#pusher.connected(true);
      const peer = this.#peer();
      this.#check.linked((meetingIds) => peer.request('meetings.check', { meetingIds }));
      this.#report();
      for (const told of this.#options.placements()) this.placed(told);
      this.#statusTimer = clock.setInterval(() => this.#report(), statusEveryMs);
      return;
    }
    // The first attempt to come back begins with the loss.
    if (state.kind === 'waiting' && state.attempt === 0) this.#sinceMs = clock.now();
    this.#pusher.connected(false);
    this.#check.linked(undefined);
  }

  #report(): void {
    this.#link.session?.emit('status.reported', this.#options.status());
    this.#check.look();
    const expiresAtMs = this.#options.certificateExpiresAtMs();
    if (expiresAtMs === undefined || expiresAtMs === this.#toldExpiresAtMs) return;
    this.#link.session?.emit('certificate.reported', { expiresAtMs });
    this.#toldExpiresAtMs = expiresAtMs;
  }

  #peer(): ControlPeer {
    const peer = this.#link.session;
    if (!peer) throw new Error('not connected to the cloud');
    return peer;
  }
}
