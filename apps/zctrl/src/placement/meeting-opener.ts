import type { MeetingId, MeetingLive, MeetingSpec, Placement, RouterId } from '@guildhall/domain';
import { place, versionStanding } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import { errorCodes, productVersion, type OpenPlace } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import type {
  LinkedRouter,
  Located,
  MeetingStorePort,
  PolicyPort,
  RegistryPort,
  Reserved,
  ReservePort,
} from '../types.ts';
import { placementViewOf, whatIsFull } from './views.ts';

const retryAfterMs = 1_000;
const keptDecisions = 50;
/** Counters: a router may obey a far newer order than a controller whose disk was lost has heard of. */
const epochSteps = [1, 16, 256, 4_096, 65_536] as const;

interface OpenerOptions {
  readonly registry: RegistryPort;
  readonly store: MeetingStorePort;
  readonly policy: PolicyPort;
  readonly reservations: ReservePort;
  /** Routers where people of the meeting sit at a branch of it. */
  readonly branchesOf: (meetingId: MeetingId) => readonly LinkedRouter[];
  /** Told of each decision that was carried out. */
  readonly onDecided?: ((decision: Decision) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One decision of the placement, kept so that "why this router?" can be answered later. */
export interface Decision extends Placement {
  readonly meetingId: MeetingId;
  readonly atMs: number;
  /** Routers that were not even compared. */
  readonly passedOver?: readonly { readonly routerId: RouterId; readonly why: 'outdated' | 'left-out' }[];
}

/** Opens a meeting on the router that the placement chooses; tries the next one when a router cannot. */
export class MeetingOpener {
  readonly #options: OpenerOptions;
  readonly #decisions: Decision[] = [];

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /** The newest last. */
  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  /**
   * Must run in the meeting's queue.
   * @param untilMs monotonic; how long to wait for a router that is not there yet
   * @param options.isNew false for one that ran a moment ago: it goes on whatever the version of the connector
   * @param options.live what it takes along when it moves from a router that lives
   * @param options.not a router that is not to be chosen
   * @throws GuildhallError `zone.no-policy`, `zone.no-router`, `zone.full`, `zone.open-failed`, `connector.outdated`,
   * `store.unavailable`
   */
  async open(
    meeting: MeetingSpec,
    untilMs: number,
    { isNew, live, not }: { isNew: boolean; live?: MeetingLive; not?: RouterId },
  ): Promise<Located> {
    if (isNew) this.#assertNotOutdated();
    const failed = new Set<RouterId>(not === undefined ? [] : [not]);
    let lastFailure: unknown;
    for (;;) {
      const free = this.#choose(failed, isNew);
      // One that lost its router; one that moves away from a living one can wait for room.
      const isOrphan = !isNew && !live;
      const placement = isOrphan ? orItsBranch(free, this.#options.branchesOf(meeting.meetingId)) : free;
      const router = placement.chosen === null ? undefined : this.#options.registry.get(placement.chosen);
      if (!router) {
        if (isFull(placement)) throw zoneFull(whatIsFull(placement));
        if (await this.#options.registry.waitForUsable(untilMs)) continue;
        if (lastFailure !== undefined) throw openFailed(lastFailure);
        throw noRouter(placement);
      }
      try {
        const opened = await this.#openOn(router, meeting, untilMs, live);
        if (typeof opened !== 'number') return { router: opened, epoch: opened.epoch, placement: null };
        const epoch = opened;
        router.pendingMeetings++;
        this.#remember(meeting, placement, failed);
        return { router, epoch, placement };
      } catch (error) {
        if (isGuildhallError(error, 'store.unavailable')) throw error;
        this.#options.logger.warn(
          { err: error, meetingId: meeting.meetingId, routerId: router.routerId },
          'a router could not open a meeting; trying another one',
        );
        lastFailure = error;
        failed.add(router.routerId);
      }
    }
  }

  /** When this controller, or every router that is there, is too old for new meetings. */
  #assertNotOutdated(): void {
    const routers = this.#options.registry.all();
    const isOld = routers.length > 0 && !routers.some((router) => this.#isRecent(router.version));
    if (isOld || !this.#isRecent(productVersion)) throw outdated();
  }

  #isRecent(version: string): boolean {
    const { policy, clock } = this.#options;
    return versionStanding(version, policy.current?.minimumVersion, clock.now()) !== 'refused';
  }

  #choose(failed: ReadonlySet<RouterId>, isNew: boolean): Placement {
    const { policy, registry, clock } = this.#options;
    const limits = policy.current?.limits;
    if (!limits) throw noPolicy();
    const routers = registry
      .all()
      .filter((router) => !failed.has(router.routerId) && (!isNew || this.#isRecent(router.version)))
      // People whose router died are in a meeting: a slower one is better than none.
      .map((router) =>
        isNew ? placementViewOf(router) : { ...placementViewOf(router), overload: undefined },
      );
    return place({ routers, limits, nowMs: clock.now() });
  }

  /**
   * Gives the meeting back to the router it was to move away from. Answers the epoch.
   * @throws GuildhallError what the router answered, `store.unavailable`
   */
  async giveBack(router: LinkedRouter, meeting: MeetingSpec): Promise<number> {
    const { reservations, store } = this.#options;
    const back = (steps: number) => reservations.move(meeting.meetingId, steps);
    const given = await this.#orderOn(router, meeting, back);
    return 'epoch' in given ? given.epoch : store.epochOf(meeting.meetingId);
  }

  /** Answers the epoch it is open by now, or where else it is open. */
  async #openOn(
    router: LinkedRouter,
    meeting: MeetingSpec,
    untilMs: number,
    live: MeetingLive | undefined,
  ): Promise<number | OpenPlace> {
    const { reservations } = this.#options;
    const { meetingId } = meeting;
    const reserve = (steps: number): Promise<Reserved> | Reserved =>
      live
        ? reservations.move(meetingId, steps)
        : reservations.reserve({ meetingId, router, steps, untilMs });
    const ordered = await this.#orderOn(router, meeting, reserve, live);
    return 'place' in ordered ? ordered.place : ordered.epoch;
  }

  async #orderOn(
    router: LinkedRouter,
    meeting: MeetingSpec,
    reserve: (steps: number) => Promise<Reserved> | Reserved,
    live?: MeetingLive,
  ): Promise<{ epoch: number } | { place: OpenPlace }> {
    const { store } = this.#options;
    const { meetingId } = meeting;
    let attempt = 0;
    for (;;) {
      const steps = epochSteps[attempt] ?? 1;
      const reserved = await reserve(steps);
      if (reserved.kind === 'elsewhere') return { place: reserved.place };
      try {
        const { epoch } = reserved;
        store.raiseEpoch(meetingId, epoch);
        const latest = store.latestOf(meetingId);
        // After a pause the other controller may have opened it: ask again.
        if (!reserved.use()) continue;
        await router.link.openMeeting({
          meeting,
          epoch,
          checkpoint: latest?.checkpoint ?? null,
          ...(latest && { checkpointEpoch: latest.epoch }),
          ...(live && { live }),
        });
        return { epoch };
      } catch (error) {
        attempt++;
        if (attempt === epochSteps.length || !isGuildhallError(error, 'zone.stale-epoch')) throw error;
      } finally {
        reserved.done();
      }
    }
  }

  #remember(meeting: MeetingSpec, placement: Placement, failed: ReadonlySet<RouterId>): void {
    const { registry, clock, onDecided } = this.#options;
    const compared = new Set(placement.candidates.map(({ routerId }) => routerId));
    const passedOver = registry
      .all()
      .filter(({ routerId }) => !compared.has(routerId))
      .map(({ routerId }) => ({
        routerId,
        why: failed.has(routerId) ? ('left-out' as const) : ('outdated' as const),
      }));
    const decision = { ...placement, meetingId: meeting.meetingId, atMs: clock.now(), passedOver };
    this.#decisions.push(decision);
    if (this.#decisions.length > keptDecisions) this.#decisions.shift();
    onDecided?.(decision);
  }
}

/**
 * When every router is full: the best one with a branch of the meeting. Its people have their seats there, so that owning
 * the meeting takes none; to wait for a free router would leave all of them without a meeting.
 */
function orItsBranch(placement: Placement, branches: readonly LinkedRouter[]): Placement {
  if (placement.chosen !== null) return placement;
  const holders = new Set(branches.map(({ routerId }) => routerId));
  const holder = placement.candidates.find(
    ({ routerId, verdict }) => verdict === 'full' && holders.has(routerId),
  );
  return holder ? { ...placement, chosen: holder.routerId, why: { code: 'has-branch' } } : placement;
}

function isFull({ why }: Placement): boolean {
  return why.code === 'none-usable' && why.counts.full + why.counts.busy > 0;
}

export function noPolicy(): GuildhallError {
  const sentence =
    'This zone controller has not received its policy from the cloud yet. Try again in a moment.';
  return new GuildhallError('zone.no-policy', sentence, { retryAfterMs });
}

export function zoneFull(why: string): GuildhallError {
  const sentence = `The multimedia routers of this zone have no room (${why}). Try later or ask your administrator to add a router.`;
  return new GuildhallError('zone.full', sentence, { retryAfterMs: 10_000 });
}

function outdated(): GuildhallError {
  return new GuildhallError('connector.outdated', errorCodes['connector.outdated'].sentence);
}

function noRouter(placement: Placement): GuildhallError {
  const isDraining = placement.candidates.some(({ reasons }) =>
    reasons.some((reason) => reason.code === 'draining'),
  );
  const sentence =
    placement.why.code === 'no-router'
      ? 'No multimedia router of this zone is running. It is retried by itself; tell your administrator if it stays.'
      : isDraining
        ? 'The multimedia routers of this zone are draining: they take no new meetings before they are stopped. Try later or ask your administrator.'
        : 'The multimedia routers of this zone are not ready yet. It is retried by itself; tell your administrator if it stays.';
  return new GuildhallError('zone.no-router', sentence, { retryAfterMs });
}

function openFailed(cause: unknown): GuildhallError {
  const why = isGuildhallError(cause) ? ` (${cause.message})` : '';
  const sentence = `No multimedia router could open the meeting${why}. Try again.`;
  return new GuildhallError('zone.open-failed', sentence, { retryAfterMs, cause });
}
