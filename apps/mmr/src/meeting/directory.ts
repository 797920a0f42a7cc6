import type { EndReason, MeetingCheckpoint, MeetingId, MeetingSpec } from '@guildhall/domain';
import type { OpenMeetingReport } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { MeetingDoor, MeetingsPort, StoredMeeting, WatchedMeeting } from '../types.ts';
import { LiveMeeting, type LiveMeetingDeps } from './live-meeting.ts';

export interface DirectoryOptions extends Omit<LiveMeetingDeps, 'onEnded'> {
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
  readonly #epochs = new Map<MeetingId, number>();
  #isDraining = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  get draining(): boolean {
    return this.#isDraining;
  }

  /** While it drains, no meeting begins here; those that run go on, and their people come and go. */
  drain(isDraining: boolean): void {
    if (this.#isDraining === isDraining) return;
    this.#isDraining = isDraining;
    this.#options.logger.info({ meetings: this.#open.size }, isDraining ? 'draining' : 'no longer draining');
    this.#options.zone.loadChanged();
  }

  /** @throws GuildhallError `zone.stale-epoch`, `zone.full` (also while draining), `media.unavailable` */
  async open(order: {
    meeting: MeetingSpec;
    epoch: number;
    checkpoint: MeetingCheckpoint | null;
  }): Promise<{ alreadyOpen: boolean }> {
    const { meetingId } = order.meeting;
    this.#obey(meetingId, order.epoch);
    const under = this.#open.get(meetingId) ?? (await this.#opening.get(meetingId));
    if (under) {
      under.epoch = Math.max(under.epoch, order.epoch);
      return { alreadyOpen: true };
    }
    if (this.#isDraining) {
      throw new GuildhallError('zone.full', 'This router is being drained and takes no new meetings.');
    }
    const limit = this.#options.maxMeetings();
    if (this.#open.size + this.#opening.size >= limit) {
      throw new GuildhallError('zone.full', `This router holds ${limit} meetings, as many as it may.`);
    }
    const opening = LiveMeeting.open(order, {
      ...this.#options,
      onEnded: (meeting) => {
        if (this.#open.get(meetingId) === meeting) this.#open.delete(meetingId);
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

  find(meetingId: MeetingId): MeetingDoor | undefined {
    return this.#open.get(meetingId);
  }

  reports(): OpenMeetingReport[] {
    return Array.from(this.#open.values(), (meeting) => meeting.report);
  }

  watched(): WatchedMeeting[] {
    return Array.from(this.#open.values(), (meeting) => ({
      meetingId: meeting.meetingId,
      startedAtMs: meeting.state.startedAtMs,
      people: meeting.state.people,
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
      media: meeting.media.describe(),
    }));
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
