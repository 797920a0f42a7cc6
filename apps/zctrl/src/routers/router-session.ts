import type { NodeId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import {
  protocolVersions,
  speaksProtocol,
  zoneContract,
  type NodeIdentity,
  type Policy,
  type PublicJwk,
  type QualityReport,
} from '@guildhall/protocol';
import {
  createPeer,
  GuildhallError,
  isGuildhallError,
  type Handlers,
  type InputReceived,
  type OutputToSend,
  type Peer,
  type Pipe,
} from '@guildhall/rpc';
import type { LinkedRouter, MeetingsPort, MeetingStorePort, OutboxPort, PolicyPort } from '../types.ts';
import type { RouterRegistry } from './registry.ts';
import { zoneControllersIn } from './zone-controllers.ts';

/** Largest message of a router: the checkpoint of a meeting of 2,000 people with a long chat. */
export const maxRouterMessageBytes = 8 * 1024 * 1024;
/** A router may have a checkpoint of each of its meetings under way. */
const maxInFlight = 1_024;
const registerWithinMs = 5_000;
const openWithinMs = 5_000;
/** Less than the router stands still without a word. */
const handOverWithinMs = 2_000;

type ServedHere = (typeof zoneContract)['a'];
type Register = InputReceived<ServedHere, 'register'>;

export interface RouterSessionDeps {
  readonly identity: Pick<NodeIdentity, 'nodeId'>;
  readonly policy: PolicyPort;
  readonly registry: RouterRegistry;
  readonly meetings: MeetingsPort;
  readonly store: Pick<MeetingStorePort, 'putCheckpoint' | 'endMeeting'>;
  readonly outbox: OutboxPort;
  /** Keys of the controllers whose seats are good. */
  readonly seatKeys: (policy: Policy) => PublicJwk[];
  /** Told of each router's view of its meetings, for the cloud's monitoring. */
  readonly onQuality?: (router: LinkedRouter, report: QualityReport) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The link of one router, from its first message to its close. */
export class RouterSession {
  readonly nodeId: NodeId;
  readonly closed: Promise<void>;
  readonly #deps: RouterSessionDeps;
  readonly #peer: Peer<typeof zoneContract, 'a'>;
  readonly #helloTimer: Timer;
  #router: LinkedRouter | undefined;

  /** @param nodeId whose proof opened the link */
  constructor(pipe: Pipe, nodeId: NodeId, deps: RouterSessionDeps) {
    this.nodeId = nodeId;
    this.#deps = deps;
    this.#peer = createPeer({
      contract: zoneContract,
      side: 'a',
      pipe,
      handlers: this.#handlers(),
      clock: deps.clock,
      limits: {
        maxMessageBytes: maxRouterMessageBytes,
        maxInFlight,
        maxBufferedBytes: 4 * maxRouterMessageBytes,
      },
      logger: deps.logger,
    });
    this.#helloTimer = deps.clock.setTimeout(() => this.#peer.close(4408, 'no register'), registerWithinMs);
    this.#peer.on('load.reported', ({ meetings, branches, draining = false, ...said }) => {
      const router = this.#router;
      if (!router || deps.registry.get(router.routerId) !== router) return;
      deps.meetings.adopt(router, meetings, branches);
      deps.registry.report(router, { ...said, draining });
    });
    this.#peer.on('quality.reported', (report) => {
      const router = this.#router;
      if (router && deps.registry.get(router.routerId) === router) deps.onQuality?.(router, report);
    });
    this.closed = this.#peer.closed.then(() => this.#end());
  }

  /** Who signs seats, which pages may call, how much it may hold and where other controllers are; nothing is sent before the router has registered. */
  tellKeys(policy: Policy): void {
    if (!this.#router) return;
    this.#peer.emit('keys.changed', { seatKeys: this.#deps.seatKeys(policy), webOrigins: policy.webOrigins });
    this.#peer.emit('limits.changed', { limits: policy.limits });
    this.#peer.emit('controllers.changed', zoneControllersIn(policy));
    this.#tellMinimumVersion(policy);
  }

  /** For the console of a server that runs only a router and so has no policy. */
  #tellMinimumVersion({ minimumVersion }: Policy): void {
    this.#peer.emit('version.required', { minimum: minimumVersion ?? null });
  }

  close(code: number, reason: string): void {
    this.#peer.close(code, reason);
  }

  #handlers(): Handlers<ServedHere> {
    const { store, outbox, meetings } = this.#deps;
    return {
      register: (input, context) => {
        const { answer, router } = this.#register(input);
        // The answer first: what adopting finds may already ask something of the router.
        context.reply(answer);
        if (this.#deps.policy.current) this.#tellMinimumVersion(this.#deps.policy.current);
        meetings.adopt(router, input.meetings, input.branches);
        return answer;
      },
      'checkpoint.put': async (input) => {
        this.#registered();
        await store.putCheckpoint(input).catch(async (error: unknown) => {
          // Its people are sent away by this refusal: what was decided among them goes ahead of them.
          if (isGuildhallError(error, 'zone.stale-epoch')) await meetings.merged(input.meetingId);
          throw error;
        });
        return {};
      },
      'meeting.ended': ({ meetingId, epoch, reason, atMs }) => {
        const router = this.#registered();
        // A copy that gave way to another router's is over here, but the meeting is not.
        if (reason !== 'moved') store.endMeeting({ meetingId, epoch, reason, atMs });
        meetings.ended(router, meetingId);
        return {};
      },
      'events.put': ({ batchId, events }) => {
        this.#registered();
        // The request `meeting.ended` tells the cloud of the end; the event of it would tell it twice.
        const kept = events.filter((event) => event.kind !== 'meeting.ended');
        if (kept.length > 0) outbox.put(batchId, kept);
        return {};
      },
    };
  }

  #register(input: Register): { answer: OutputToSend<ServedHere, 'register'>; router: LinkedRouter } {
    const { registry, meetings, policy, identity, clock, logger } = this.#deps;
    if (this.#router)
      throw new GuildhallError('protocol.hello-repeated', 'This router has registered already.');
    if (!speaksProtocol(input.protocol)) {
      const { min, max } = protocolVersions;
      const sentence = `The router speaks protocol ${input.protocol}, this controller ${min} to ${max}. Update the older one.`;
      throw new GuildhallError('protocol.version', sentence);
    }
    if (input.nodeId !== this.nodeId) {
      const sentence = 'The router named another node than the one it proved to be. Pair the node again.';
      throw new GuildhallError('node.bad-proof', sentence);
    }
    const current = policy.current;
    if (!current) throw new GuildhallError('zone.no-policy', 'This zone controller has no policy yet.');
    const router: LinkedRouter = {
      routerId: input.routerId,
      nodeId: input.nodeId,
      version: input.version,
      signallingUrls: input.signallingUrls,
      sinceMs: clock.now(),
      link: this.#link(),
      load: null,
      reportedAtMs: null,
      draining: false,
      pendingParticipants: 0,
      pendingMeetings: 0,
    };
    this.#helloTimer.cancel();
    this.#router = router;
    for (const replaced of registry.add(router)) {
      meetings.routerGone(replaced.routerId);
      replaced.link.close(4409, 'a newer link of the same node');
    }
    const { routerId, nodeId, version } = router;
    logger.info({ routerId, nodeId, version, meetings: input.meetings.length }, 'router registered');
    const answer = {
      zoneId: current.zoneId,
      controllerId: identity.nodeId,
      seatKeys: this.#deps.seatKeys(current),
      webOrigins: current.webOrigins,
      limits: current.limits,
      zoneControllers: zoneControllersIn(current),
    };
    return { answer, router };
  }

  #link(): LinkedRouter['link'] {
    return {
      openMeeting: async (order) => {
        await this.#peer.request('meeting.open', order, { deadlineMs: openWithinMs });
      },
      openBranch: async (order) => {
        await this.#peer.request('meeting.branch', order, { deadlineMs: openWithinMs });
      },
      turnedAway: (meetingId, why) => this.#peer.emit('meeting.turnedAway', { meetingId, why }),
      mergeMeeting: async (copy) => (await this.#peer.request('meeting.merge', copy)).isOpen,
      endMeeting: async (meetingId, reason) => {
        await this.#peer.request('meeting.end', { meetingId, reason });
      },
      updateMeeting: async (update) => (await this.#peer.request('meeting.update', update)).isOpen,
      catchUpMeeting: async (missed) => (await this.#peer.request('meeting.catchUp', missed)).isOpen,
      handOver: (meetingId) =>
        this.#peer.request('meeting.handover', { meetingId }, { deadlineMs: handOverWithinMs }),
      meetingMoved: async (meetingId, epoch) => {
        await this.#peer.request('meeting.moved', { meetingId, epoch });
      },
      drain: async (order) => {
        await this.#peer.request('router.drain', order);
      },
      close: (code, reason) => this.#peer.close(code, reason),
    };
  }

  #registered(): LinkedRouter {
    if (this.#router) return this.#router;
    throw new GuildhallError('protocol.hello-required', 'Send register first.');
  }

  #end(): void {
    this.#helloTimer.cancel();
    const router = this.#router;
    if (!router || !this.#deps.registry.remove(router)) return;
    this.#deps.meetings.routerGone(router.routerId);
    const { routerId, nodeId } = router;
    this.#deps.logger.warn({ routerId, nodeId }, 'the link of a router closed');
  }
}
