import type { EndReason, MeetingId, MeetingSpec, RouterId } from '@guildhall/domain';
import { isNewer } from '@guildhall/domain';
import { SerialQueue, type Clock, type Logger } from '@guildhall/kit';
import type { BranchReport, OpenMeetingReport, OpenPlace } from '@guildhall/protocol';
import type {
  LinkedRouter,
  Located,
  MeetingsPort,
  MeetingStorePort,
  PolicyPort,
  RegistryPort,
  ReservePort,
  SignBranch,
} from '../types.ts';
import { Branches, type Asker } from './branches.ts';
import { CopyMerger } from './copy-merger.ts';
import { moveMeeting } from './meeting-mover.ts';
import { MeetingOpener, type Decision } from './meeting-opener.ts';
import { Orphans } from './orphans.ts';

/** How long a join may wait for a router, e.g. while the only one restarts. */
const routerWaitMs = 2_000;
interface OpenMeeting {
  readonly routerId: RouterId;
  readonly epoch: number;
}

interface DirectoryOptions {
  readonly registry: RegistryPort;
  readonly store: MeetingStorePort;
  readonly policy: PolicyPort;
  readonly signBranch: SignBranch;
  readonly reservations: ReservePort;
  /** Told where a meeting or a branch was placed, and why. */
  readonly onDecided?: (decision: Decision) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Which meeting is open on which router. Soft state, from the routers' reports; decisions about one meeting are made
 * one after the other, so that two people who arrive at once open it once.
 */
export class MeetingDirectory implements MeetingsPort {
  readonly #options: DirectoryOptions;
  readonly #opener: MeetingOpener;
  readonly #branches: Branches;
  readonly #merger: CopyMerger;
  readonly #open = new Map<MeetingId, OpenMeeting>();
  readonly #orphans: Orphans;
  readonly #queues = new Map<MeetingId, SerialQueue>();
  #heard: Promise<void> = Promise.resolve();

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const branches = new Branches(options);
    this.#branches = branches;
    this.#opener = new MeetingOpener({ ...options, branchesOf: (meetingId) => branches.of(meetingId) });
    this.#merger = new CopyMerger({ ...options, ownerOf: (meetingId) => this.#ownerOf(meetingId)?.router });
    this.#orphans = new Orphans({ ...options, reopen: (meetingId) => this.#reopen(meetingId) });
  }

  /** Meetings open on a linked router. */
  get size(): number {
    return this.#open.size;
  }

  get orphans(): number {
    return this.#orphans.ids.size;
  }

  /** What is open on a linked router, and what is to be opened again. */
  get running(): MeetingId[] {
    return [...this.#open.keys(), ...this.#orphans.ids];
  }

  /** The newest decisions of the placement, for "why this router?". */
  get decisions(): readonly Decision[] {
    return [...this.#opener.decisions, ...this.#branches.decisions];
  }

  /**
   * Finds the meeting's router, or one with a seat at a branch of it, or opens it on one.
   * @throws GuildhallError `zone.no-policy`, `zone.no-router`, `zone.full`, `zone.open-failed`, `connector.outdated`,
   * `store.unavailable`
   */
  locate(meeting: MeetingSpec, asker: Asker): Promise<Located> {
    // Counted from the arrival: a crowd behind one slow opening must not wait one deadline each.
    const untilMs = this.#options.clock.monotonicMs() + routerWaitMs;
    return this.#inOrder(meeting.meetingId, async () => {
      await this.#heard;
      await this.#orphans.untilReported(meeting.meetingId, untilMs);
      return (await this.#find(meeting.meetingId, asker)) ?? this.#openNow(meeting, untilMs, asker);
    });
  }

  /** Where a router that is linked here has the meeting open. */
  placeOf(meetingId: MeetingId): OpenPlace | null {
    const owner = this.#ownerOf(meetingId);
    if (!owner) return null;
    const { routerId, signallingUrls } = owner.router;
    return { routerId, signallingUrls: [...signallingUrls], epoch: owner.epoch };
  }

  /** Everything that is open on linked routers. */
  places(): readonly { readonly meetingId: MeetingId; readonly place: OpenPlace }[] {
    return Array.from(this.#open.keys()).flatMap((meetingId) => {
      const place = this.placeOf(meetingId);
      return place ? [{ meetingId, place }] : [];
    });
  }

  /** This process was stopped for a while: what has arrived meanwhile is heard before anybody is sent anywhere. */
  distrust(untilHeard: Promise<void>): void {
    this.#heard = untilHeard;
  }

  merged(meetingId: MeetingId): Promise<void> {
    return this.#merger.merged(meetingId);
  }

  /** Ends the meeting wherever it is. Ending what has ended is no error. @throws GuildhallError `store.unavailable` */
  async end(meetingId: MeetingId, reason: EndReason): Promise<void> {
    const { registry, store, clock, logger } = this.#options;
    await this.#inOrder(meetingId, async () => {
      const open = this.#open.get(meetingId);
      const router = open && registry.get(open.routerId);
      // On disk first: should the router not hear of it now, it is told when it reports the meeting again.
      store.endMeeting({
        meetingId,
        epoch: Math.max(1, store.epochOf(meetingId)),
        reason,
        atMs: clock.now(),
      });
      this.#forget(meetingId);
      await router?.link.endMeeting(meetingId, reason).catch((error: unknown) => {
        logger.warn({ err: error, meetingId }, 'a router could not be told that a meeting is over');
      });
    });
  }

  /**
   * Moves the meeting from the router it is open on to another one while people are in it. False when it is not open
   * there (any more), or no other router took it: then it goes on where it was.
   * @throws GuildhallError what the router of now answered; it goes on there then
   */
  move(meetingId: MeetingId, from: LinkedRouter): Promise<boolean> {
    return this.#inOrder(meetingId, async () => {
      const { registry } = this.#options;
      const isHere = (): boolean =>
        this.#open.get(meetingId)?.routerId === from.routerId && registry.get(from.routerId) === from;
      if (!isHere()) return false;
      const moved = await moveMeeting(meetingId, from, { ...this.#options, opener: this.#opener });
      if (moved.kind === 'stays') {
        // Its link may have closed meanwhile; then the meeting is an orphan, and opened again as one.
        if (isHere()) this.#own(meetingId, from, moved.epoch);
        return false;
      }
      const { router, epoch } = moved;
      const owner = registry.get(router.routerId);
      if (owner) this.#own(meetingId, owner, epoch);
      return true;
    });
  }

  /** Meetings open on this router. */
  meetingsOn(routerId: RouterId): MeetingId[] {
    return [...this.#open].filter(([, open]) => open.routerId === routerId).map(([meetingId]) => meetingId);
  }

  /** Takes over what a router says it has open, in its first message or a later report. Never ends what is unknown. */
  adopt(
    router: LinkedRouter,
    reports: readonly OpenMeetingReport[],
    branches: readonly BranchReport[] = [],
  ): void {
    this.#branches.adopt(router, branches);
    const listed = new Set<MeetingId>();
    for (const report of reports) {
      listed.add(report.meetingId);
      this.#adoptOne(router, report);
    }
    for (const [meetingId, open] of this.#open) {
      // Answers and reports come in order on one link, so a meeting that is missing here was closed after its opening.
      if (open.routerId === router.routerId && !listed.has(meetingId)) this.#open.delete(meetingId);
    }
    for (const { meetingId } of branches) {
      const owner = this.#open.get(meetingId);
      const linked = owner && this.#options.registry.get(owner.routerId);
      if (linked) this.#branches.lead(meetingId, { router: linked, epoch: owner.epoch });
    }
    this.#orphans.heard();
  }

  ended(router: LinkedRouter, meetingId: MeetingId): void {
    const open = this.#open.get(meetingId);
    if (open && open.routerId !== router.routerId) return;
    this.#forget(meetingId);
  }

  routerGone(routerId: RouterId): void {
    this.#branches.routerGone(routerId);
    const lost = this.meetingsOn(routerId);
    for (const meetingId of lost) this.#open.delete(meetingId);
    this.#orphans.add(lost);
  }

  /** A router may take meetings: opens at once what has lost its router, before its people even ask. */
  routerUsable(): void {
    this.#orphans.look();
  }

  /** Idempotent. */
  close(): void {
    this.#merger.close();
    this.#orphans.close();
  }

  #inOrder<T>(meetingId: MeetingId, task: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(meetingId) ?? new SerialQueue({ name: `meeting ${meetingId}` });
    this.#queues.set(meetingId, queue);
    return queue.run(task).finally(() => {
      if (queue.size === 0 && this.#queues.get(meetingId) === queue) this.#queues.delete(meetingId);
    });
  }

  async #find(meetingId: MeetingId, asker: Asker): Promise<Located | undefined> {
    const open = this.#open.get(meetingId);
    const router = open && this.#options.registry.get(open.routerId);
    if (!router) return undefined;
    const { epoch } = open;
    return { ...(await this.#branches.seatFor(meetingId, { router, epoch }, asker)), epoch };
  }

  /** This router owns the meeting now. */
  #own(meetingId: MeetingId, router: LinkedRouter, epoch: number): void {
    this.#open.set(meetingId, { routerId: router.routerId, epoch });
    this.#orphans.delete(meetingId);
    this.#branches.lead(meetingId, { router, epoch });
    this.#merger.found(meetingId);
  }

  async #openNow(meeting: MeetingSpec, untilMs: number, asker: Asker): Promise<Located> {
    const isNew = !asker.isReturn && !this.#orphans.ids.has(meeting.meetingId);
    const located = await this.#opener.open(meeting, untilMs, { isNew });
    // The link may have closed between the answer and now; then the next join opens it again.
    const router = this.#options.registry.get(located.router.routerId);
    if (router && (located.placement === null || router === located.router)) {
      this.#own(meeting.meetingId, router, located.epoch);
      this.#branches.seatAtOpening(meeting.meetingId, router, asker);
    }
    return located;
  }

  #adoptOne(router: LinkedRouter, { meetingId, epoch }: OpenMeetingReport): void {
    const { registry, store } = this.#options;
    const known = this.#open.get(meetingId);
    // Most reports say what is known; a large zone sends ten thousand such lines a second.
    if (known?.routerId === router.routerId && known.epoch === epoch) return;
    const end = store.endOf(meetingId);
    if (end && end.epoch >= epoch) {
      this.#endCopy(router, meetingId, end.reason);
      return;
    }
    store.raiseEpoch(meetingId, epoch);
    const open = this.#open.get(meetingId);
    const other = open && open.routerId !== router.routerId ? registry.get(open.routerId) : undefined;
    const reported = { routerId: router.routerId, epoch };
    if (open && other && isNewer(open, reported)) {
      this.#giveWay(router, { meetingId, epoch }, other);
      return;
    }
    if (open && other) this.#giveWay(other, { meetingId, epoch: open.epoch }, router);
    this.#own(meetingId, router, epoch);
    this.#orphans.reported(meetingId);
  }

  #ownerOf(meetingId: MeetingId): { readonly router: LinkedRouter; readonly epoch: number } | undefined {
    const open = this.#open.get(meetingId);
    const router = open && this.#options.registry.get(open.routerId);
    return router && { router, epoch: open.epoch };
  }

  /** The older copy ends when what was decided in it is known to the one that goes on. */
  #giveWay(router: LinkedRouter, copy: { meetingId: MeetingId; epoch: number }, winner: LinkedRouter): void {
    const { meetingId } = copy;
    const { routerId } = router;
    this.#options.logger.warn({ meetingId, routerId }, 'a router holds an older copy of a meeting');
    void this.#merger.giveWay(copy, winner).then(() => this.#endCopy(router, meetingId, 'moved'));
  }

  /** People of the copy come back through a join and land on the router that owns the meeting. */
  #endCopy(router: LinkedRouter, meetingId: MeetingId, reason: EndReason): void {
    router.link.endMeeting(meetingId, reason).catch((error: unknown) => {
      // Its next report names the meeting again, and then this is tried again.
      this.#options.logger.warn({ err: error, meetingId }, 'could not end a copy of a meeting');
    });
  }

  /** On another router, from its checkpoint. @throws what keeps it from being opened */
  async #reopen(meetingId: MeetingId): Promise<void> {
    const { store, registry, clock, logger } = this.#options;
    await this.#inOrder(meetingId, async () => {
      if (!this.#orphans.ids.has(meetingId) || this.#open.has(meetingId)) return;
      const checkpoint = store.checkpointOf(meetingId);
      if (!checkpoint || checkpoint.people.length === 0) {
        // Nobody was in it; whoever comes brings what is needed to open it.
        this.#orphans.delete(meetingId);
        return;
      }
      const opened = await this.#opener.open(checkpoint.spec, clock.monotonicMs(), { isNew: false });
      const { routerId } = opened.router;
      const owner = registry.get(routerId);
      if (!owner) return;
      this.#own(meetingId, owner, opened.epoch);
      logger.info({ meetingId, routerId, epoch: opened.epoch }, 'meeting opened again');
    });
  }

  #forget(meetingId: MeetingId): void {
    this.#branches.forget(meetingId);
    this.#open.delete(meetingId);
    this.#orphans.delete(meetingId);
    this.#orphans.reported(meetingId);
  }
}
