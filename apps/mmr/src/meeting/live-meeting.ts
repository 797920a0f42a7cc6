import type { Clock, Logger, Random, Timer } from '@guildhall/kit';
import { SerialQueue } from '@guildhall/kit';
import {
  decide,
  nextDeadlineMs,
  personOf,
  storeNeeds,
  toCheckpoint,
  wholeView,
  type Decision,
  type EndReason,
  type MeetingCheckpoint,
  type MeetingCommand,
  type MeetingEffect,
  type MeetingId,
  type MeetingState,
  type MeetingView,
  type OverloadCause,
  type ParticipantId,
  type StoreNeed,
} from '@guildhall/domain';
import type { HelloAnswer, OpenMeetingReport, SeatClaims } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type {
  Attendance,
  MediaListener,
  MeetingDoor,
  MeetingMediaPort,
  MeetingPeer,
  OpenMedia,
  OpenOrder,
  Resume,
  StoredMeeting,
  ZonePort,
} from '../types.ts';
import { firstState, Lineage } from './lineage.ts';
import type { Attendee } from './attendee.ts';
import { Broadcast } from './broadcast.ts';
import { Branches } from './branches.ts';
import { ChangeLog } from './change-log.ts';
import { Chronicle } from './chronicle.ts';
import { comeIn } from './door.ts';
import { Expected } from './expected.ts';
import { Handover } from './handover.ts';
import { admit, mediaTellers, tellGone, tellWaitingFor, type House } from './house.ts';
import { TurnedAway } from './turned-away.ts';

export interface MeetingTimings {
  /** How long a lost connection keeps its place. */
  readonly reconnectGraceMs: number;
  /** How long a meeting without anybody stays open. */
  readonly emptyGraceMs: number;
  /** How long places are kept after the meeting was opened from a checkpoint. */
  readonly restoreGraceMs: number;
}

/** How long the link of the host who ended the meeting stays open for the answer. */
const answerLingerMs = 100;

export interface LiveMeetingDeps {
  readonly openMedia: OpenMedia;
  readonly zone: ZonePort;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings: MeetingTimings;
  /** Why this router takes nobody new; null while it does. */
  readonly overload: () => OverloadCause | null;
  readonly onEnded: (meeting: LiveMeeting) => void;
  /** After `onEnded` of a meeting that moved: its media is closed too. */
  readonly onDeparted: (meeting: LiveMeeting) => void;
}

/** One meeting that is open here: its state, who is linked to it, and what follows from each decision. */
export class LiveMeeting implements MeetingDoor, StoredMeeting, House {
  readonly deps: LiveMeetingDeps;
  readonly attendees = new Map<ParticipantId, Attendee>();
  readonly log = new ChangeLog();
  readonly #broadcast = new Broadcast(this);
  readonly turnedAway = new TurnedAway(this);
  readonly handover: Handover;
  /** Of a meeting that came from a router that lives. */
  #expected: Expected | undefined;
  readonly branches: Branches;
  version = 1;
  /** When the last change in the portal that is in force here was made, by the clock of the cloud. */
  updatedAtMs = 0;
  readonly lineage: Lineage;
  readonly #queue: SerialQueue;
  readonly #chronicle: Chronicle;
  #state: MeetingState;
  #media: MeetingMediaPort | undefined;
  #tick: Timer | undefined;
  #endStored: Promise<void> | undefined;

  private constructor(state: MeetingState, order: OpenOrder, deps: LiveMeetingDeps) {
    this.#state = state;
    this.lineage = new Lineage(order);
    this.deps = deps;
    this.#chronicle = new Chronicle(state.spec.meetingId, deps);
    this.#queue = new SerialQueue({ name: 'This meeting' });
    this.handover = new Handover(this);
    this.branches = new Branches(this);
  }

  /** @throws media.unavailable */
  static async open(order: OpenOrder, deps: LiveMeetingDeps): Promise<LiveMeeting> {
    const { meeting: spec, checkpoint, live } = order;
    const nowMs = deps.clock.now();
    const state = firstState(order, nowMs, deps.timings);
    const meeting = new LiveMeeting(state, order, deps);
    meeting.#media = await deps.openMedia(spec.meetingId, meeting.#mediaListener());
    if (live) meeting.#expected = new Expected(meeting, live);
    meeting.#schedule();
    if (!checkpoint) meeting.#chronicle.started(state.startedAtMs);
    deps.zone.store(meeting, 'now');
    return meeting;
  }

  get meetingId(): MeetingId {
    return this.#state.spec.meetingId;
  }

  get epoch(): number {
    return this.lineage.epoch;
  }

  get state(): MeetingState {
    return this.#state;
  }

  get roster(): MeetingState {
    return this.#state;
  }

  get whole(): MeetingView {
    return wholeView(this.#state);
  }

  /** Those whose media is on this router, and those who are linked to none for the moment. */
  get here(): MeetingState['people'] {
    return this.#state.people.filter(({ participantId }) => !this.branches.holds(participantId));
  }

  get rev(): number {
    return this.#state.rev;
  }

  get media(): MeetingMediaPort {
    if (this.#media) return this.#media;
    throw new GuildhallError('media.unavailable', 'The media of this meeting is not ready yet. Try again.');
  }

  get report(): OpenMeetingReport {
    const { meetingId, epoch } = this;
    return {
      meetingId,
      epoch,
      participants: this.#state.people.length,
      startedAtMs: this.#state.startedAtMs,
    };
  }

  checkpoint(): MeetingCheckpoint {
    return this.lineage.mark(toCheckpoint(this.#state));
  }

  superseded(): void {
    this.end('moved');
  }

  get expected(): Expected | undefined {
    return this.#expected;
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
    return comeIn(this, seat, peer, resume, reply);
  }

  end(reason: EndReason): void {
    // In the middle of a move this is the news that it is done.
    if (reason === 'moved' && this.handover.leave()) return;
    this.runLater({ kind: 'close', reason });
  }

  /** The zone is told that this router does not have the meeting any more; its media goes on until `departed`. */
  letGo(): void {
    const { zone, clock, logger, onEnded } = this.deps;
    const { meetingId, epoch } = this;
    this.#tick?.cancel();
    zone.ended({ meetingId, epoch, reason: 'moved', atMs: clock.now() }).catch((error: unknown) => {
      logger.debug({ err: error, meetingId }, 'no controller has heard yet that a meeting moved');
    });
    onEnded(this);
  }

  /** Everybody has left for the next router. */
  departed(): void {
    this.#broadcast.close();
    this.media.close();
    this.attendees.clear();
    this.deps.onDeparted(this);
  }

  /** Has the present state stored once more: refused when another router owns the meeting. @throws meeting.not-stored */
  storeAnew(): Promise<void> {
    this.version += 1;
    this.deps.zone.store(this, 'now');
    return this.deps.zone.stored(this);
  }

  /**
   * Runs a command in its turn, if it is still due then; resolves when its outcome is as safe as the command demands.
   */
  async run(command: MeetingCommand, isDue: () => boolean = () => true): Promise<void> {
    await this.inTurn(() => {
      if (isDue()) this.decide(command);
    });
    if (storeNeeds[command.kind] !== 'commit') return;
    await (this.#endStored ?? this.deps.zone.stored(this));
  }

  /** For what nobody waits for. */
  runLater(command: MeetingCommand, isDue: () => boolean = () => true): void {
    const decided = this.inTurn(() => {
      if (isDue()) this.decide(command);
    });
    decided.catch((error: unknown) => {
      this.deps.logger.debug({ err: error, command: command.kind }, 'a command of the router was refused');
    });
  }

  /** No link speaks for this participant, unless a newer one whose hello was waiting does by the time of this turn. */
  lost(participantId: ParticipantId): void {
    this.runLater({ kind: 'lost', participantId }, () => {
      const isLinked = this.attendees.get(participantId)?.peer !== undefined;
      return !isLinked && !this.branches.holds(participantId);
    });
  }

  /** The one serial queue of the meeting. @throws link.closed when the meeting goes on on another router */
  inTurn<T>(task: () => T): Promise<T> {
    return this.#queue.run(() => {
      this.handover.assertHere();
      return task();
    });
  }

  /** The same without asking whether this router decides; a promise answered holds the queue until it settles. */
  inOwnTurn<T>(task: () => T | Promise<T>): Promise<T> {
    return this.#queue.run(task);
  }

  /** Whether the rules would allow it now, and what the outcome would be. Only inside a turn. @throws the refusal */
  ask(command: MeetingCommand): Decision {
    const { clock, timings } = this.deps;
    const decision = decide(this.#state, command, { nowMs: clock.now(), ...timings });
    if (decision.ok) return decision;
    throw new GuildhallError(decision.code, decision.sentence);
  }

  /** Only inside a turn. @throws the refusal; then nothing has changed */
  decide(command: MeetingCommand): void {
    let decision: Decision;
    do {
      decision = this.ask(command);
      this.#accept(decision, storeNeeds[command.kind], 'by' in command ? command.by : undefined);
    } while (decision.more);
  }

  #accept({ state, changes, effects }: Decision, need: StoreNeed, by: ParticipantId | undefined): void {
    const changed = state.rev !== this.#state.rev;
    const isOver = state.ended !== null;
    this.#state = state;
    if (changed) this.log.add(state.rev, changes);
    if (changed && !isOver) {
      this.#broadcast.changed(changes);
      this.branches.revised({ rev: state.rev, changes });
    }
    if (changed && need !== 'never') this.version += 1;
    if (!isOver && (need === 'commit' || (changed && need !== 'never'))) {
      this.deps.zone.store(this, need === 'soon' ? 'soon' : 'now');
    }
    for (const effect of effects) this.#carryOut(effect, by);
    if (changed && !isOver) this.branches.carriedOut(changes);
    this.#schedule();
  }

  #carryOut(effect: MeetingEffect, by: ParticipantId | undefined): void {
    this.branches.affected(effect);
    switch (effect.kind) {
      case 'entered':
        this.#entered(effect.participantId, effect.wasWaiting);
        return;
      case 'gone':
        this.#gone(effect);
        return;
      case 'silence':
        this.media.setMuted(effect.participantId, effect.trackId, true);
        return;
      case 'stop-track':
        this.media.stop(effect.participantId, effect.trackId);
        return;
      case 'waiting-for':
        tellWaitingFor(this, effect.waitingFor);
        return;
      case 'ended':
        this.#ended(effect.reason, by);
        return;
    }
  }

  #entered(participantId: ParticipantId, wasWaiting: boolean): void {
    const person = personOf(this.#state, participantId);
    if (!person) return;
    this.#chronicle.joined(person);
    this.deps.zone.loadChanged();
    if (wasWaiting) admit(this, participantId);
  }

  #gone({ participantId, reason, wasWaiting }: Extract<MeetingEffect, { kind: 'gone' }>): void {
    const attendee = this.attendees.get(participantId);
    this.attendees.delete(participantId);
    this.media.drop(participantId);
    if (!wasWaiting && reason !== 'refused') this.#chronicle.left(participantId, reason);
    this.deps.zone.loadChanged();
    const code = tellGone(attendee, reason);
    attendee?.close(code);
  }

  #ended(reason: EndReason, by: ParticipantId | undefined): void {
    const { zone, clock } = this.deps;
    this.#tick?.cancel();
    this.#broadcast.close();
    this.branches.close();
    this.media.close();
    // People whose meeting moved did not leave it.
    if (reason !== 'moved') {
      for (const { participantId } of this.#state.people) this.#chronicle.left(participantId, 'ended');
    }
    const { meetingId, epoch } = this;
    const stored = zone.ended({ meetingId, epoch, reason, atMs: clock.now() });
    this.#endStored = stored;
    // Where it moved to the zone knows: dial again.
    const code = reason === 'moved' ? 4503 : 4410;
    for (const attendee of this.attendees.values()) {
      attendee.tell('meeting.ended', { reason });
      if (attendee.participantId !== by) attendee.close(code);
    }
    const host = by === undefined ? undefined : this.attendees.get(by);
    this.attendees.clear();
    // Whoever ended it is still owed the answer, which is on its way when this settles.
    const closeHost = (): void => void clock.setTimeout(() => host?.close(code), answerLingerMs);
    stored.then(closeHost, (error: unknown) => {
      this.deps.logger.warn({ err: error, meetingId }, 'no controller has stored the end of a meeting yet');
      closeHost();
    });
    this.deps.onEnded(this);
  }

  #schedule(): void {
    this.#tick?.cancel();
    const atMs = nextDeadlineMs(this.#state);
    if (atMs === null) return;
    const { clock } = this.deps;
    const delayMs = Math.max(0, atMs - clock.now());
    this.#tick = clock.setTimeout(() => this.runLater({ kind: 'tick' }), delayMs);
  }

  #mediaListener(): MediaListener {
    return {
      ...mediaTellers(this),
      lost: () => {
        for (const { participantId, tracks } of this.here) {
          if (tracks.length > 0) this.runLater({ kind: 'tracks.drop', participantId });
        }
      },
      speaker: (participantId) => this.runLater({ kind: 'speaker', participantId }),
    };
  }
}
