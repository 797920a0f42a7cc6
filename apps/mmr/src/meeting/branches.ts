import {
  actorOf,
  personOf,
  waitingFor,
  waitingOf,
  type Arrival,
  type AudienceChanges,
  type BranchCommand,
  type MeetingEffect,
  type ParticipantId,
  type RouterId,
} from '@guildhall/domain';
import type { Timer } from '@guildhall/kit';
import type { Entered, NoRoom } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import { toRevision } from '../revisions.ts';
import type {
  BranchDoor,
  BranchesPort,
  BranchFeed,
  BranchOpened,
  BranchOpening,
  FarRouter,
  LoggedChanges,
  MediaLink,
} from '../types.ts';
import { planned, say } from './attendance.ts';
import { Elsewhere } from './elsewhere.ts';
import type { LiveMeeting } from './live-meeting.ts';

/** A link that is back within this was never seen to be gone. */
const unseenMs = 2_000;

interface Branch {
  readonly routerId: RouterId;
  readonly feed: BranchFeed;
  readonly media: MediaLink;
  gone: Timer | undefined;
}

/**
 * The branches of a meeting: other routers through which people are in it. Each is told every revision once, and the
 * effects that concern its people; what they do is decided here, in the meeting's one queue.
 */
export class Branches implements BranchesPort {
  readonly #meeting: LiveMeeting;
  readonly #branches = new Map<RouterId, Branch>();
  readonly #branchOf = new Map<ParticipantId, Branch>();
  readonly #elsewhere: Elsewhere;

  constructor(meeting: LiveMeeting) {
    this.#meeting = meeting;
    this.#elsewhere = new Elsewhere({
      media: () => meeting.media,
      people: () => meeting.state.people,
      linkOf: (participantId) => this.#branchOf.get(participantId)?.media,
    });
  }

  holds(participantId: ParticipantId): boolean {
    return this.#branchOf.has(participantId);
  }

  open(
    { routerId, since, people }: Pick<BranchOpening, 'routerId' | 'since' | 'people'>,
    feed: BranchFeed,
    far: FarRouter,
  ): Promise<{ opened: BranchOpened; door: BranchDoor }> {
    return this.#meeting.inTurn(() => {
      const before = this.#branches.get(routerId);
      const branch: Branch = { routerId, feed, media: this.#meeting.media.link(far), gone: undefined };
      if (before) this.#remove(before);
      const outcomes = people.map(({ person, linked }) => ({
        participantId: person.participantId,
        outcome: this.#comeBack(branch, person, linked),
      }));
      for (const [participantId, held] of this.#branchOf) {
        // The branch knows nothing of these any more.
        if (held !== before) continue;
        this.#branchOf.delete(participantId);
        this.#meeting.lost(participantId);
      }
      const { state, log } = this.#meeting;
      const missed = since === null ? undefined : log.after(since, state.rev);
      const opened: BranchOpened = {
        rev: state.rev,
        whole: missed ? null : this.#meeting.whole,
        missed: (missed ?? []).map(toRevision),
        waitingFor: waitingFor(state),
        people: outcomes,
      };
      this.#branches.set(routerId, branch);
      this.#elsewhere.renewed();
      return { opened, door: this.#door(branch) };
    });
  }

  /** Everybody behind a branch hears of it through that one message. */
  revised(revision: LoggedChanges): void {
    for (const { feed } of this.#branches.values()) feed.revised(revision);
  }

  turnedAway(why: NoRoom): void {
    for (const { feed } of this.#branches.values()) feed.turnedAway(why);
  }

  affected(effect: MeetingEffect): void {
    if (effect.kind === 'waiting-for' || effect.kind === 'ended') {
      for (const { feed } of this.#branches.values()) feed.affected(effect);
      return;
    }
    const { participantId } = effect;
    this.#branchOf.get(participantId)?.feed.affected(effect);
    if (effect.kind === 'gone') this.#branchOf.delete(participantId);
  }

  /** The participant is linked to this router now: the newest link wins. */
  release(participantId: ParticipantId): void {
    const branch = this.#branchOf.get(participantId);
    if (!branch) return;
    this.#branchOf.delete(participantId);
    this.#elsewhere.moved([participantId]);
    branch.feed.affected({ kind: 'replaced', participantId });
  }

  /** After the effects of a revision: what is sent through branches may have changed. */
  carriedOut({ all }: AudienceChanges): void {
    if (this.#branches.size > 0 || this.#elsewhere.count > 0) this.#elsewhere.changed(all);
  }

  describe(): unknown {
    const branches = Array.from(this.#branches.values());
    return branches.map((branch) => ({
      routerId: branch.routerId,
      linked: branch.gone === undefined,
      people: Array.from(this.#branchOf.values()).filter((held) => held === branch).length,
    }));
  }

  /** The meeting is over. */
  close(): void {
    for (const branch of Array.from(this.#branches.values())) this.#remove(branch);
    this.#branchOf.clear();
  }

  #remove(branch: Branch): void {
    branch.gone?.cancel();
    if (this.#branches.get(branch.routerId) === branch) this.#branches.delete(branch.routerId);
    branch.media.close();
    branch.feed.close();
  }

  #comeBack(branch: Branch, person: Arrival, linked: boolean): BranchOpened['people'][number]['outcome'] {
    const { participantId } = person;
    const isHere = (): boolean =>
      personOf(this.#meeting.state, participantId) !== undefined ||
      waitingOf(this.#meeting.state, participantId) !== undefined;
    // Somebody without a link who is gone stays gone.
    if (!linked && !isHere()) return 'gone';
    try {
      if (linked) this.#meeting.decide({ kind: 'join', person });
    } catch (error) {
      return isGuildhallError(error, 'meeting.removed') ? 'removed' : 'gone';
    }
    this.#take(branch, participantId);
    return waitingOf(this.#meeting.state, participantId) ? 'lobby' : 'joined';
  }

  /** From wherever the participant was linked before. */
  #take(branch: Branch, participantId: ParticipantId): void {
    const { attendees, media } = this.#meeting;
    const local = attendees.get(participantId);
    const before = this.#branchOf.get(participantId);
    if (local) {
      attendees.delete(participantId);
      local.close(4409);
      media.drop(participantId);
      if (personOf(this.#meeting.state, participantId)) {
        this.#meeting.decide({ kind: 'tracks.drop', participantId });
      }
    }
    if (before && before.routerId !== branch.routerId) {
      before.feed.affected({ kind: 'replaced', participantId });
    }
    this.#branchOf.set(participantId, branch);
    this.#elsewhere.moved([participantId]);
    this.#meeting.deps.zone.loadChanged();
  }

  #door(branch: Branch): BranchDoor {
    const meeting = this.#meeting;
    const assertBehind = (participantId: ParticipantId): void => {
      if (this.#isBehind(branch, participantId)) return;
      throw new GuildhallError('meeting.unknown-participant', 'This person is not behind this branch.');
    };
    return {
      media: branch.media,
      enter: (person) => meeting.inTurn(() => this.#enter(branch, person)),
      act: async (command: BranchCommand) => {
        const participantId = actorOf(command);
        if (command.kind !== 'lost') assertBehind(participantId);
        // Late news is not of somebody who came in elsewhere meanwhile.
        await meeting.run(command, () => command.kind !== 'lost' || this.#isBehind(branch, participantId));
      },
      chat: (by, lineId, text) => {
        assertBehind(by);
        return say(meeting, { by, lineId, text });
      },
      plan: (participantId, track) => {
        assertBehind(participantId);
        return meeting.inTurn(() => planned(meeting, participantId, track));
      },
      turnedAway: (why) => meeting.turnedAway.tell(why),
      lost: () => this.#lost(branch),
    };
  }

  #isBehind(branch: Branch, participantId: ParticipantId): boolean {
    return this.#branchOf.get(participantId) === branch;
  }

  #enter(branch: Branch, person: Arrival): Entered {
    this.#meeting.decide({ kind: 'join', person });
    this.#take(branch, person.participantId);
    const { state } = this.#meeting;
    const waiting = waitingOf(state, person.participantId);
    return waiting
      ? { state: 'lobby', role: waiting.role, waitingFor: waitingFor(state) }
      : { state: 'joined' };
  }

  /** Its people keep their places as if each had lost the connection; the pipe goes on for as long. */
  #lost(branch: Branch): void {
    if (this.#branches.get(branch.routerId) !== branch || branch.gone) return;
    const { clock, timings, logger } = this.#meeting.deps;
    logger.warn({ routerId: branch.routerId }, 'the link of a branch closed');
    branch.gone = clock.setTimeout(() => {
      for (const [participantId, held] of this.#branchOf) {
        if (held !== branch) continue;
        this.#meeting.runLater({ kind: 'lost', participantId }, () => this.#isBehind(branch, participantId));
      }
      branch.gone = clock.setTimeout(() => {
        this.#remove(branch);
        this.#elsewhere.renewed();
      }, timings.reconnectGraceMs);
    }, unseenMs);
  }
}
