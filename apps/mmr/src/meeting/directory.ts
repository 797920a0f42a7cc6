import {
  personOf,
  waitingOf,
  type EndReason,
  type Included,
  type MeetingCheckpoint,
  type MeetingId,
  type ParticipantId,
} from '@guildhall/domain';
import type { Timer } from '@guildhall/kit';
import type {
  DrainDeadline,
  MeetingUpdateOrder,
  NoRoom,
  OpenMeetingReport,
  PortalChanges,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type {
  BranchesPort,
  HandedOver,
  MeetingDoor,
  MeetingsPort,
  OpenOrder,
  StoredMeeting,
  WatchedMeeting,
} from '../types.ts';
import { mergeCopy } from './lineage.ts';
import { LiveMeeting, type LiveMeetingDeps } from './live-meeting.ts';
import { takeMissed, takeUpdate } from './portal-update.ts';

export interface DirectoryOptions extends Omit<LiveMeetingDeps, 'onEnded' | 'onDeparted'> {
  /** Meetings this router may hold, as the policy of the zone says. */
  readonly maxMeetings: () => number;
}

/** Epochs remembered for meetings that are over; the oldest are forgotten first. */
const maxEpochs = 20_000;

/** The meetings of this router, and which order to open one is the newest. */
export class MeetingDirectory implements MeetingsPort {
  readonly #options: DirectoryOptions;
  readonly #open = new Map<MeetingId, LiveMeeting>();
  readonly #opening = new Map<MeetingId, Promise<LiveMeeting>>();
  /** Open on another router; what is left here is the media of those who are on the way. */
  readonly #leaving = new Set<LiveMeeting>();
  readonly #epochs = new Map<MeetingId, number>();
  #isDraining = false;
  #drainTimer: Timer | undefined;
  #drainEndsAtMs: number | null = null;
  #drainEnded: { readonly meetings: number; readonly participants: number } | null = null;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  get draining(): boolean {
    return this.#isDraining;
  }

  /** What was ended at the deadline of this drain; null while nothing was. */
  get drainEnded(): { readonly meetings: number; readonly participants: number } | null {
    return this.#drainEnded;
  }

  /** When what could not be moved is ended, epoch ms; null while nothing will be. */
  get drainEndsAtMs(): number | null {
    return this.#drainEndsAtMs;
  }

  /**
   * While it drains, no meeting begins here; those that run go on until a controller has moved them, and their people
   * come and go. The newest order counts, with its deadline or without.
   */
  drain({ draining, deadlineMs, atDeadline = 'wait' }: DrainDeadline & { readonly draining: boolean }): void {
    const { clock, logger, zone } = this.#options;
    this.#drainTimer?.cancel();
    this.#drainEndsAtMs = null;
    this.#drainEnded = null;
    if (draining && deadlineMs !== undefined) {
      if (atDeadline === 'end') this.#drainEndsAtMs = clock.now() + deadlineMs;
      this.#drainTimer = clock.setTimeout(() => this.#deadlineCame(), deadlineMs);
    }
    if (this.#isDraining !== draining) {
      this.#isDraining = draining;
      const facts = { meetings: this.#open.size, endsAtMs: this.#drainEndsAtMs };
      logger.info(facts, draining ? 'draining' : 'no longer draining');
    }
    zone.loadChanged();
  }

  /** @throws GuildhallError `zone.stale-epoch`, `zone.full` (also while draining), `media.unavailable` */
  async open(order: OpenOrder): Promise<{ alreadyOpen: boolean }> {
    const { meetingId } = order.meeting;
    this.#obey(meetingId, order.epoch);
    const under = this.#open.get(meetingId) ?? (await this.#opening.get(meetingId));
    if (under) {
      this.#raise(under, order.epoch);
      under.handover.goOn();
      return { alreadyOpen: true };
    }
    if (this.#isDraining) {
      throw new GuildhallError('zone.full', 'This router is being drained and takes no new meetings.');
    }
    const limit = this.#options.maxMeetings();
    if (this.#open.size + this.#opening.size >= limit) {
      throw new GuildhallError('zone.full', `This router holds ${limit} meetings, as many as it may.`);
    }
    // It moved away and comes back at once: the old copy must not share its room.
    for (const left of this.#leaving) if (left.meetingId === meetingId) left.handover.close();
    const opening = LiveMeeting.open(order, {
      ...this.#options,
      onEnded: (meeting) => {
        if (this.#open.get(meetingId) === meeting) this.#open.delete(meetingId);
        if (meeting.handover.isAway) this.#leaving.add(meeting);
        this.#options.zone.loadChanged();
      },
      onDeparted: (meeting) => {
        this.#leaving.delete(meeting);
        this.#options.logger.info({ meetingId }, 'everybody of a meeting that moved has left');
        this.#options.zone.loadChanged();
      },
    });
    this.#opening.set(meetingId, opening);
    try {
      const meeting = await opening;
      this.#open.set(meetingId, meeting);
      this.#options.logger.info(
        { meetingId, epoch: order.epoch, restored: order.checkpoint !== null },
        'meeting opened',
      );
      this.#options.zone.loadChanged();
      return { alreadyOpen: false };
    } finally {
      this.#opening.delete(meetingId);
    }
  }

  end(meetingId: MeetingId, reason: EndReason): void {
    this.#open.get(meetingId)?.end(reason);
  }

  /** Stands still and answers what another router needs. @throws meeting.not-here */
  handover(meetingId: MeetingId): Promise<HandedOver> {
    const meeting = this.#open.get(meetingId);
    if (meeting) return meeting.handover.standStill();
    const sentence = 'This meeting is not open on this router. Join again through the zone controller.';
    return Promise.reject(new GuildhallError('meeting.not-here', sentence));
  }

  /** Another router has the meeting since this epoch; an older word than the meeting's own is nobody's any more. */
  moved(meetingId: MeetingId, epoch: number): void {
    const meeting = this.#open.get(meetingId);
    if (!meeting || epoch <= meeting.epoch) return;
    this.#options.logger.info({ meetingId, epoch }, 'meeting moved to another router');
    meeting.end('moved');
  }

  turnedAway(meetingId: MeetingId, why: NoRoom): void {
    this.#open.get(meetingId)?.turnedAway.tell(why);
  }

  /** Its owner changed it in the portal. False when it is not open here. @throws meeting.not-stored, link.closed */
  async update(update: MeetingUpdateOrder): Promise<boolean> {
    const meeting = await this.#here(update.meetingId);
    if (meeting) await takeUpdate(meeting, update);
    return meeting !== undefined;
  }

  /** The same for what was changed while the zone could not be told. @throws meeting.not-stored, link.closed */
  async catchUp(missed: PortalChanges): Promise<boolean> {
    const meeting = await this.#here(missed.meetingId);
    if (meeting) await takeMissed(meeting, missed);
    return meeting !== undefined;
  }

  /** False when the meeting is not open here. @throws GuildhallError `meeting.not-stored` */
  async merge(meetingId: MeetingId, other: Included, checkpoint: MeetingCheckpoint): Promise<boolean> {
    const meeting = this.#open.get(meetingId);
    if (meeting) await mergeCopy(meeting, other, checkpoint);
    return meeting !== undefined;
  }

  find(meetingId: MeetingId): MeetingDoor | undefined {
    return this.#open.get(meetingId);
  }

  /** The meeting as its branches on other routers know it. */
  branchesOf(meetingId: MeetingId): BranchesPort | undefined {
    return this.#open.get(meetingId)?.branches;
  }

  reports(): OpenMeetingReport[] {
    return Array.from(this.#open.values(), (meeting) => meeting.report);
  }

  /** People of each meeting whose media is here, also of those that are leaving; not those behind branches. */
  counts(): number[] {
    const leaving = Array.from(this.#leaving, ({ attendees }) => attendees.size);
    return [...Array.from(this.#open.values(), ({ here }) => here.length), ...leaving];
  }

  /** People with a place here, also in a lobby; not those behind branches. */
  get places(): number {
    return Array.from(this.#open.values()).reduce((sum, { here, state, branches }) => {
      const waiting = state.waiting.filter(({ participantId }) => !branches.holds(participantId));
      return sum + here.length + waiting.length;
    }, 0);
  }

  /** Whether this person is in that meeting or its lobby, also behind a branch. */
  hasPlace(meetingId: MeetingId, participantId: ParticipantId): boolean {
    const state = this.#open.get(meetingId)?.state;
    if (!state) return false;
    return (personOf(state, participantId) ?? waitingOf(state, participantId)) !== undefined;
  }

  watched(): WatchedMeeting[] {
    return Array.from(this.#open.values(), (meeting) => ({
      meetingId: meeting.meetingId,
      startedAtMs: meeting.state.startedAtMs,
      people: meeting.here,
      measure: (participantId) => meeting.media.measure(participantId),
    }));
  }

  stored(): StoredMeeting[] {
    return Array.from(this.#open.values());
  }

  /** For /debug/state. */
  describe(): unknown {
    return Array.from(this.#open.values(), (meeting) => ({
      meetingId: meeting.meetingId,
      epoch: meeting.epoch,
      rev: meeting.rev,
      locked: meeting.state.locked,
      people: meeting.state.people.map(({ participantId, role, presence, tracks }) => ({
        participantId,
        role,
        presence,
        tracks: tracks.map(({ source, muted }) => `${source}${muted ? ' (muted)' : ''}`),
        linked: meeting.attendees.get(participantId)?.peer !== undefined,
      })),
      waiting: meeting.state.waiting.length,
      branches: meeting.branches.describe(),
      media: meeting.media.describe(),
    }));
  }

  /** The meeting, as soon as it is open; undefined when it is not to be. */
  async #here(meetingId: MeetingId): Promise<LiveMeeting | undefined> {
    return this.#open.get(meetingId) ?? (await this.#opening.get(meetingId)?.catch(() => undefined));
  }

  #raise(meeting: LiveMeeting, epoch: number): void {
    if (!meeting.lineage.raise(epoch, meeting.rev)) return;
    meeting.storeAnew().catch((error: unknown) => {
      const { meetingId } = meeting;
      this.#options.logger.debug({ err: error, meetingId }, 'no controller has the newer epoch yet');
    });
  }

  #deadlineCame(): void {
    const { logger, zone } = this.#options;
    const isEnd = this.#drainEndsAtMs !== null;
    this.#drainEndsAtMs = null;
    zone.loadChanged();
    const left = Array.from(this.#open.values());
    const participants = left.reduce((sum, { here }) => sum + here.length, 0);
    const facts = { meetings: left.length, participants };
    if (left.length > 0)
      logger.warn(
        facts,
        `meetings could not be moved by the deadline of the drain; they ${isEnd ? 'are ended' : 'go on'}`,
      );
    if (!isEnd) return;
    this.#drainEnded = facts;
    // One that stands still for a move is ended only when nobody takes it over.
    for (const meeting of left) meeting.end('drained');
    for (const opening of this.#opening.values())
      opening.then(
        (meeting) => meeting.end('drained'),
        // Whoever ordered it open hears why it is not.
        () => undefined,
      );
  }

  #obey(meetingId: MeetingId, epoch: number): void {
    const highest = this.#epochs.get(meetingId) ?? 0;
    if (epoch < highest) {
      throw new GuildhallError('zone.stale-epoch', `Order ${epoch} is older than order ${highest}.`);
    }
    this.#epochs.delete(meetingId);
    this.#epochs.set(meetingId, epoch);
    for (const oldest of this.#epochs.keys()) {
      if (this.#epochs.size <= maxEpochs) break;
      this.#epochs.delete(oldest);
    }
  }
}
