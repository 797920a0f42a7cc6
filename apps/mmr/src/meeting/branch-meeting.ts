import {
  applyChanges,
  type Arrival,
  type BranchEffect,
  type EndReason,
  type MeetingId,
  type MeetingView,
  type OverloadCause,
  type ParticipantId,
  type Roster,
} from '@guildhall/domain';
import type { Clock, Logger, Random, Timer } from '@guildhall/kit';
import type { BranchReport, HelloAnswer, SeatClaims } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { fromRevision } from '../revisions.ts';
import type {
  Attendance,
  BranchListener,
  BranchOpened,
  BranchOrder,
  BranchUplink,
  LoggedChanges,
  MediaLink,
  MediaListener,
  MeetingDoor,
  MeetingMediaPort,
  MeetingPeer,
  OpenMedia,
  OpenUplink,
  Resume,
  WatchedMeeting,
} from '../types.ts';
import type { Attendee } from './attendee.ts';
import { comeIntoBranch } from './branch-door.ts';
import { alignPeople, alignTracks } from './branch-return.ts';
import { Broadcast } from './broadcast.ts';
import { ChangeLog } from './change-log.ts';
import { Elsewhere } from './elsewhere.ts';
import { admit, mediaTellers, tellGone, tellWaitingFor, type House } from './house.ts';
import { tellModerators } from './turned-away.ts';

export interface BranchDeps {
  readonly openMedia: OpenMedia;
  readonly openUplink: OpenUplink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings: { readonly reconnectGraceMs: number; readonly emptyGraceMs: number };
  /** Why this router takes nobody new; null while it does. */
  readonly overload: () => OverloadCause | null;
  readonly onChanged: () => void;
  readonly onClosed: (branch: BranchMeeting) => void;
}

/** For the answer to the host who ended the meeting. */
const answerLingerMs = 1_000;
/** How long those who move away are served here too. */
const lingerMs = 5_000;
/** "Service restart": dial again and go on. */
const resumeCode = 1012;

/**
 * A branch of a meeting that another router owns: its people are linked here and have their media here. It knows the
 * meeting as a view, kept up to date by revisions, and decides nothing: what its people do is asked of the owner.
 */
export class BranchMeeting implements MeetingDoor, House {
  readonly deps: BranchDeps;
  readonly attendees = new Map<ParticipantId, Attendee>();
  /** As their seats said; the owner is told them again whenever the link was gone. */
  readonly arrivals = new Map<ParticipantId, Arrival>();
  /** How many links of each wait for the word of the owner. */
  readonly entering = new Map<ParticipantId, number>();
  readonly log = new ChangeLog();
  readonly #broadcast = new Broadcast(this);
  readonly #elsewhere = new Elsewhere({
    media: () => this.media,
    people: () => this.#whole?.participants ?? [],
    linkOf: (participantId) => (this.attendees.has(participantId) ? undefined : this.#mediaLink),
  });
  readonly meetingId: MeetingId;
  epoch: number;
  waitingFor: 'host' | 'admission' = 'host';
  #rev: number | null = null;
  #whole: MeetingView | undefined;
  #media: MeetingMediaPort | undefined;
  #mediaLink: MediaLink | undefined;
  #uplink: BranchUplink | undefined;
  #empty: Timer | undefined;
  #unlinked: Timer | undefined;
  #closed = false;
  #isOtherLife = false;
  #leaving: Timer | undefined;

  private constructor({ meetingId, epoch }: BranchOrder, deps: BranchDeps) {
    this.meetingId = meetingId;
    this.epoch = epoch;
    this.deps = deps;
  }

  /** Resolves when the owner has let the branch in. @throws media.unavailable, link.unreachable, what the owner refused */
  static async open(order: BranchOrder, deps: BranchDeps): Promise<BranchMeeting> {
    const branch = new BranchMeeting(order, deps);
    try {
      const media = await deps.openMedia(order.meetingId, branch.#mediaListener());
      branch.#media = media;
      const uplink = deps.openUplink(order, branch.#uplinkListener());
      branch.#uplink = uplink;
      branch.#mediaLink = media.link(uplink.far);
      await uplink.ready;
      branch.#watchEmpty();
      return branch;
    } catch (error) {
      branch.close(4503);
      throw error;
    }
  }

  get media(): MeetingMediaPort {
    if (this.#media) return this.#media;
    throw new GuildhallError('media.unavailable', 'The media of this meeting is not ready yet. Try again.');
  }

  get uplink(): BranchUplink {
    if (this.#uplink && !this.#closed) return this.#uplink;
    throw new GuildhallError('link.closed', 'This branch of the meeting is closed. Join again.');
  }

  get whole(): MeetingView {
    if (this.#whole) return this.#whole;
    throw new GuildhallError('link.closed', 'The router that owns the meeting is not linked yet. Try again.');
  }

  get roster(): Roster {
    return { rev: this.#rev ?? 0, people: this.whole.participants };
  }

  get report(): BranchReport {
    return { meetingId: this.meetingId, epoch: this.epoch, participants: this.attendees.size };
  }

  get watched(): WatchedMeeting {
    return {
      meetingId: this.meetingId,
      startedAtMs: this.#whole?.startedAtMs ?? 0,
      people: (this.#whole?.participants ?? []).filter((one) => this.attendees.has(one.participantId)),
      measure: (participantId) => this.media.measure(participantId),
    };
  }

  knows(participantId: ParticipantId, sessionId: string): boolean {
    return this.attendees.get(participantId)?.sessionId === sessionId;
  }

  enter(
    seat: SeatClaims,
    peer: MeetingPeer,
    resume: Resume | undefined,
    reply: (answer: HelloAnswer, attendance: Attendance) => void,
  ): Promise<HelloAnswer> {
    return comeIntoBranch(this, seat, peer, resume, reply);
  }

  async inTurn<T>(task: () => T): Promise<T> {
    return task();
  }

  /** Somebody is linked here now, or not any more. */
  linksChanged(participantId: ParticipantId): void {
    if (!this.#closed) this.#elsewhere.moved([participantId]);
    this.#watchEmpty();
    this.deps.onChanged();
  }

  /** Another router owns the meeting now. */
  lead(order: BranchOrder): void {
    // The next owner counts on from a checkpoint: the same revision may be another one there.
    if (order.epoch !== this.epoch) this.#isOtherLife = true;
    this.epoch = order.epoch;
    this.#uplink?.lead(order);
  }

  /** This router is drained: people set up at another one while this goes on for some seconds. */
  moveAway(): void {
    if (this.#leaving) return;
    for (const attendee of this.attendees.values()) attendee.tell('meeting.moving', {});
    this.#leaving = this.deps.clock.setTimeout(() => this.end('moved'), lingerMs);
  }

  /** Somebody has all they need from another router. */
  moved(participantId: ParticipantId): void {
    if (!this.#leaving) return;
    this.letGo(participantId, 4503);
    if (this.attendees.size === 0) this.close(4503);
  }

  end(reason: EndReason): void {
    const code = reason === 'moved' ? 4503 : 4410;
    for (const attendee of this.attendees.values()) attendee.tell('meeting.ended', { reason });
    // Whoever ended it is still owed the answer.
    this.deps.clock.setTimeout(() => this.close(code), answerLingerMs);
  }

  /** Idempotent. */
  close(code: 4410 | 4503): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#empty?.cancel();
    this.#leaving?.cancel();
    this.#broadcast.close();
    this.#unlinked?.cancel();
    for (const attendee of this.attendees.values()) attendee.close(code);
    this.attendees.clear();
    this.arrivals.clear();
    this.#media?.close();
    this.#uplink?.close();
    this.deps.onClosed(this);
  }

  describe(): unknown {
    return {
      meetingId: this.meetingId,
      epoch: this.epoch,
      linked: this.#unlinked === undefined,
      people: [...this.attendees.keys()],
      media: this.#media?.describe(),
    };
  }

  #uplinkListener(): BranchListener {
    return {
      opening: () => ({
        since: this.#isOtherLife ? null : this.#rev,
        people: Array.from(this.arrivals.values(), (person) => ({
          person,
          linked: this.attendees.get(person.participantId)?.peer !== undefined,
        })),
      }),
      opened: (answer) => this.#opened(answer),
      revised: (revision) => this.#revised(revision),
      affected: (effect) => this.#affected(effect),
      turnedAway: (why) => tellModerators(this, why),
      pipeLost: () => void this.#openPipe(),
      media: () => {
        if (this.#mediaLink) return this.#mediaLink;
        throw new GuildhallError('media.unknown-transport', 'There is no pipe yet; ask again.');
      },
      linkLost: () => {
        // Without the owner nothing can be done here; people find it, or its successor, through the zone.
        this.#unlinked ??= this.deps.clock.setTimeout(
          () => this.close(4503),
          this.deps.timings.reconnectGraceMs,
        );
      },
    };
  }

  #opened(answer: BranchOpened): void {
    this.#unlinked?.cancel();
    this.#unlinked = undefined;
    this.waitingFor = answer.waitingFor;
    const before = this.#whole?.participants ?? [];
    if (answer.whole) {
      this.#whole = answer.whole;
      this.#rev = answer.rev;
      if (this.#isOtherLife) this.#beginOtherLife();
      // People's views have a gap now, which makes them ask for the view.
      else this.#broadcast.tell();
    }
    for (const missed of answer.missed) this.#revised(fromRevision(missed));
    alignPeople(this, answer.people);
    alignTracks(before, this.whole.participants, {
      media: this.media,
      isHere: (participantId) => this.attendees.has(participantId),
      ask: (command) => this.#ask(command),
    });
    this.#elsewhere.renewed();
    // After this turn: at the first opening the media link is made when this returns.
    queueMicrotask(() => void this.#openPipe());
  }

  /** Browsers take no revision twice, so they resume: the snapshot replaces what they know, their media goes on. */
  #beginOtherLife(): void {
    this.#isOtherLife = false;
    this.log.restart();
    for (const attendee of this.attendees.values()) {
      attendee.isStale = true;
      attendee.peer?.close(resumeCode, 'resume');
    }
  }

  #revised({ rev, changes }: LoggedChanges): void {
    const whole = this.#whole;
    if (!whole || rev <= (this.#rev ?? 0)) return;
    this.#whole = applyChanges(whole, [...changes.all, ...changes.moderators]);
    this.#rev = rev;
    this.log.add(rev, changes);
    this.#broadcast.changed(changes);
    this.#elsewhere.changed(changes.all);
  }

  #affected(effect: BranchEffect): void {
    switch (effect.kind) {
      case 'entered':
        if (effect.wasWaiting) admit(this, effect.participantId);
        return;
      case 'gone': {
        const { participantId, reason } = effect;
        this.letGo(participantId, tellGone(this.attendees.get(participantId), reason));
        return;
      }
      case 'replaced':
        // Who moves away is here a moment longer, for the sake of the sound.
        if (!this.#leaving) this.letGo(effect.participantId, 4409);
        return;
      case 'silence':
        this.media.setMuted(effect.participantId, effect.trackId, true);
        return;
      case 'stop-track':
        this.media.stop(effect.participantId, effect.trackId);
        return;
      case 'waiting-for':
        this.waitingFor = effect.waitingFor;
        tellWaitingFor(this, effect.waitingFor);
        return;
      case 'ended':
        this.end(effect.reason);
        return;
    }
  }

  letGo(participantId: ParticipantId, code: 4403 | 4409 | 4411 | 4503): void {
    const attendee = this.attendees.get(participantId);
    this.attendees.delete(participantId);
    this.arrivals.delete(participantId);
    this.media.drop(participantId);
    attendee?.close(code);
    this.linksChanged(participantId);
  }

  async #openPipe(): Promise<void> {
    const link = this.#mediaLink;
    if (!link || this.#closed) return;
    try {
      const own = await link.offer();
      await link.connect(await this.uplink.openPipe(own));
    } catch (error) {
      // The link or the room is gone: whichever comes back begins anew.
      this.deps.logger.debug({ err: error, meetingId: this.meetingId }, 'no pipe to the owner of a meeting');
    }
  }

  #watchEmpty(): void {
    if (this.#closed) return;
    if (this.attendees.size > 0) {
      this.#empty?.cancel();
      this.#empty = undefined;
    } else {
      this.#empty ??= this.deps.clock.setTimeout(() => this.close(4503), this.deps.timings.emptyGraceMs);
    }
  }

  #ask(command: Parameters<BranchUplink['act']>[0]): void {
    this.#uplink?.act(command).catch((error: unknown) => {
      this.deps.logger.debug(
        { err: error, command: command.kind },
        'the owner of a meeting refused a command',
      );
    });
  }

  #mediaListener(): MediaListener {
    const tellers = mediaTellers(this);
    return {
      ...tellers,
      lost: () => {
        for (const participantId of this.attendees.keys()) this.#ask({ kind: 'tracks.drop', participantId });
      },
      restored: () => {
        tellers.restored();
        void this.#openPipe();
      },
      // Who speaks is said by the owner, which hears everybody.
      speaker: () => undefined,
    };
  }
}
