import type { MeetingId, ParticipantId, Placement, PlacementLimits, RouterId } from '@guildhall/domain';
import { hasSeatFor, place } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { BranchReport } from '@guildhall/protocol';
import type { LinkedRouter, PolicyPort, RegistryPort, SignBranch } from '../types.ts';
import type { Decision } from './meeting-opener.ts';
import { noPolicy, zoneFull } from './meeting-opener.ts';
import { Seats } from './seats.ts';
import { loadOfMeeting, placementViewOf, seatsTaken } from './views.ts';

interface BranchesOptions {
  readonly registry: RegistryPort;
  readonly policy: PolicyPort;
  readonly signBranch: SignBranch;
  readonly onDecided?: ((decision: Decision) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Opened {
  readonly router: LinkedRouter;
  readonly placement: Placement;
}

interface Owner {
  readonly router: LinkedRouter;
  readonly epoch: number;
}

/** Who asks for a seat. */
export interface Asker {
  /** Absent when it is nobody in particular. */
  readonly participantId?: ParticipantId | undefined;
  /** Somebody who was in: let in where the meeting is even when every seat is taken. */
  readonly isReturn: boolean;
}

const keptDecisions = 50;
/** Of a router's seats, at most 20: so few left for a meeting, and its next branch is opened before anybody needs it. */
const spareShare = 0.1;
const mostSpare = 20;

/**
 * The branches of meetings that have outgrown their router. Soft state as everything here: routers report the branches
 * they hold. Whoever finds no seat where the meeting is gets one at a branch of it, on a router the placement chooses.
 */
export class Branches {
  readonly #options: BranchesOptions;
  /** By meeting and router: the epoch of the order by which it was opened or led. */
  readonly #branches = new Map<MeetingId, Map<RouterId, number>>();
  readonly #decisions: Decision[] = [];
  readonly #seats: Seats;
  readonly #opening = new Map<MeetingId, Promise<Opened | undefined>>();

  constructor(options: BranchesOptions) {
    this.#options = options;
    this.#seats = new Seats(options.clock);
  }

  /** Why a branch was opened where it was, the newest last. */
  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  /** Routers that hold a branch of this meeting and are linked. */
  of(meetingId: MeetingId): LinkedRouter[] {
    const ids = Array.from(this.#branches.get(meetingId)?.keys() ?? []);
    return ids.flatMap((routerId) => this.#options.registry.get(routerId) ?? []);
  }

  /**
   * A router of the meeting with a seat: the one that owns it, one with a branch, or one more. Must run in the meeting's
   * queue.
   * @throws GuildhallError `zone.no-policy`, `zone.full`
   */
  async seatFor(
    meetingId: MeetingId,
    owner: Owner,
    { participantId, isReturn }: Asker,
  ): Promise<{ router: LinkedRouter; placement: Placement | null }> {
    const limits = this.#options.policy.current?.limits;
    if (!limits) throw noPolicy();
    const takesPeople = (router: LinkedRouter): boolean => isReturn || router.overload === undefined;
    const hasSeat = (router: LinkedRouter): boolean =>
      hasSeatFor(placementViewOf(router), limits) && takesPeople(router);
    const taken = (router: LinkedRouter, placement: Placement | null = null) => {
      this.#seats.take(participantId, meetingId, router);
      this.#openAhead(meetingId, owner, limits);
      return { router, placement };
    };
    const held =
      participantId === undefined
        ? undefined
        : this.#seats.heldBy(
            participantId,
            meetingId,
            (router) =>
              [owner.router, ...this.of(meetingId)].includes(router) &&
              !router.draining &&
              takesPeople(router) &&
              // What is held here is not held there: the router is the judge, and it has refused whoever asks again.
              (isReturn || (router.load?.participants ?? 0) < limits.participantsPerRouter),
          );
    if (held) return { router: held, placement: null };
    if (hasSeat(owner.router)) return taken(owner.router);
    const open = this.of(meetingId)
      .filter((router) => router !== owner.router && hasSeat(router))
      .toSorted((a, b) => (a.load?.participants ?? 0) - (b.load?.participants ?? 0));
    const lasting = open.find(({ draining }) => !draining);
    if (lasting) return taken(lasting);
    const fresh = await this.#openOnce(meetingId, owner);
    if (fresh) return taken(fresh.router, fresh.placement);
    const [draining] = open;
    if (draining) return taken(draining);
    if (isReturn) return { router: owner.router, placement: null };
    const why = owner.router.overload ? 'load' : 'seats';
    owner.router.link.turnedAway(meetingId, why);
    throw zoneFull(
      why === 'load'
        ? loadOfMeeting
        : `where the meeting runs, ${seatsTaken(placementViewOf(owner.router), limits)}`,
    );
  }

  /** Somebody is sent to the router on which their meeting was opened. */
  seatAtOpening(meetingId: MeetingId, router: LinkedRouter, { participantId }: Asker): void {
    this.#seats.take(participantId, meetingId, router);
  }

  /** What a router says it holds; replaces what it said before. */
  adopt(router: LinkedRouter, reports: readonly BranchReport[]): void {
    const { routerId } = router;
    const listed = new Set(reports.map(({ meetingId }) => meetingId));
    for (const [meetingId, held] of this.#branches) {
      if (listed.has(meetingId)) continue;
      held.delete(routerId);
      if (held.size === 0) this.#branches.delete(meetingId);
    }
    for (const { meetingId, epoch } of reports) this.#note(meetingId, routerId, epoch);
  }

  routerGone(routerId: RouterId): void {
    for (const [meetingId, held] of this.#branches) {
      held.delete(routerId);
      if (held.size === 0) this.#branches.delete(meetingId);
    }
  }

  /** The meeting is over. */
  forget(meetingId: MeetingId): void {
    this.#branches.delete(meetingId);
  }

  /** This router owns the meeting: branches that follow an older order are led to it, and their people stay. */
  lead(meetingId: MeetingId, owner: Owner): void {
    for (const [routerId, epoch] of this.#branches.get(meetingId) ?? []) {
      if (epoch >= owner.epoch) continue;
      if (routerId === owner.router.routerId) {
        // What was a branch there is the meeting now.
        this.#branches.get(meetingId)?.delete(routerId);
        continue;
      }
      const router = this.#options.registry.get(routerId);
      if (router) void this.#leadOne(router, meetingId, owner);
    }
  }

  async #leadOne(router: LinkedRouter, meetingId: MeetingId, owner: Owner): Promise<void> {
    const { routerId } = router;
    this.#note(meetingId, routerId, owner.epoch);
    try {
      await this.#order(router, meetingId, owner);
    } catch (error) {
      // The next report says the older epoch again, and then this is tried again.
      this.#options.logger.warn(
        { err: error, meetingId, routerId },
        'could not lead a branch to its meeting',
      );
    }
  }

  /**
   * A crowd would wait in the meeting's queue while a branch is opened for the first who finds no seat, and then all of it
   * would come to that branch at once.
   */
  #openAhead(meetingId: MeetingId, owner: Owner, limits: PlacementLimits): void {
    const spare = Math.min(mostSpare, Math.floor(limits.participantsPerRouter * spareShare));
    const free = [owner.router, ...this.of(meetingId).filter((router) => router !== owner.router)]
      .filter((router) => !router.draining && router.overload === undefined)
      .map((router) => {
        const { load, pending } = placementViewOf(router);
        return Math.max(0, limits.participantsPerRouter - (load?.participants ?? 0) - pending.participants);
      });
    if (free.reduce((sum, count) => sum + count, 0) >= spare) return;
    this.#openOnce(meetingId, owner).catch((error: unknown) => {
      // Whoever finds no seat asks again, and hears why not.
      this.#options.logger.debug({ err: error, meetingId }, 'no branch could be opened ahead');
    });
  }

  /** Two who need the next branch at once get the same. */
  #openOnce(meetingId: MeetingId, owner: Owner): Promise<Opened | undefined> {
    const opening =
      this.#opening.get(meetingId) ??
      this.#openOne(meetingId, owner).finally(() => this.#opening.delete(meetingId));
    this.#opening.set(meetingId, opening);
    return opening;
  }

  async #openOne(meetingId: MeetingId, owner: Owner): Promise<Opened | undefined> {
    const { registry, policy, clock, logger } = this.#options;
    const left = new Set([owner.router.routerId, ...this.of(meetingId).map(({ routerId }) => routerId)]);
    for (;;) {
      const limits = policy.current?.limits;
      if (!limits) throw noPolicy();
      const routers = registry.all().filter(({ routerId }) => !left.has(routerId));
      const placement = place({ routers: routers.map(placementViewOf), limits, nowMs: clock.now() });
      const router = placement.chosen === null ? undefined : registry.get(placement.chosen);
      if (!router) return undefined;
      const { routerId } = router;
      try {
        await this.#order(router, meetingId, owner);
        this.#note(meetingId, routerId, owner.epoch);
        router.pendingMeetings += 1;
        const decision = { ...placement, meetingId, atMs: clock.now() };
        this.#decisions.push(decision);
        this.#options.onDecided?.(decision);
        if (this.#decisions.length > keptDecisions) this.#decisions.shift();
        logger.info({ meetingId, routerId, top: owner.router.routerId }, 'branch of a meeting opened');
        return { router, placement };
      } catch (error) {
        logger.warn(
          { err: error, meetingId, routerId },
          'a router could not open a branch; trying another one',
        );
        left.add(routerId);
      }
    }
  }

  async #order(router: LinkedRouter, meetingId: MeetingId, { router: top, epoch }: Owner): Promise<void> {
    const token = await this.#options.signBranch({ meetingId, epoch, top: top.routerId, branch: router });
    const urls = [...top.signallingUrls];
    await router.link.openBranch({ meetingId, epoch, top: { routerId: top.routerId, urls }, token });
  }

  #note(meetingId: MeetingId, routerId: RouterId, epoch: number): void {
    const held = this.#branches.get(meetingId) ?? new Map<RouterId, number>();
    held.set(routerId, epoch);
    this.#branches.set(meetingId, held);
  }
}
