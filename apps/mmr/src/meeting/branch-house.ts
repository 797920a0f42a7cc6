import type { EndReason, MeetingId, ParticipantId } from '@guildhall/domain';
import type { BranchReport } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { BranchHousePort, BranchOrder, MeetingDoor, WatchedMeeting } from '../types.ts';
import { BranchMeeting, type BranchDeps } from './branch-meeting.ts';

export interface BranchHouseOptions extends Omit<BranchDeps, 'onClosed'> {
  /** Whether this router owns the meeting itself. */
  readonly owns: (meetingId: MeetingId) => boolean;
  readonly draining: () => boolean;
}

/** The branches this router holds of meetings that other routers own. */
export class BranchHouse implements BranchHousePort {
  readonly #options: BranchHouseOptions;
  readonly #open = new Map<MeetingId, BranchMeeting>();
  readonly #opening = new Map<MeetingId, Promise<BranchMeeting>>();

  constructor(options: BranchHouseOptions) {
    this.#options = options;
  }

  /**
   * Opens a branch, or leads the open one to the owner of now.
   * @throws zone.stale-epoch, zone.full while draining, media.unavailable, link.unreachable, what the owner refused
   */
  async open(order: BranchOrder): Promise<void> {
    const { meetingId, epoch } = order;
    if (this.#options.owns(meetingId)) {
      throw new GuildhallError('zone.stale-epoch', 'This router owns the meeting itself.');
    }
    const open = this.#open.get(meetingId) ?? (await this.#opening.get(meetingId));
    if (open) {
      if (epoch < open.epoch) {
        throw new GuildhallError('zone.stale-epoch', `Order ${epoch} is older than order ${open.epoch}.`);
      }
      open.lead(order);
      return;
    }
    if (this.#options.draining()) {
      throw new GuildhallError('zone.full', 'This router is being drained and takes no new meetings.');
    }
    const opening = BranchMeeting.open(order, {
      ...this.#options,
      onClosed: (branch) => {
        if (this.#open.get(meetingId) === branch) this.#open.delete(meetingId);
        this.#options.onChanged();
      },
    });
    this.#opening.set(meetingId, opening);
    try {
      this.#open.set(meetingId, await opening);
      const { logger, onChanged } = this.#options;
      logger.info({ meetingId, epoch, top: order.top.routerId }, 'branch of a meeting opened');
      onChanged();
    } finally {
      this.#opening.delete(meetingId);
    }
  }

  giveWay(meetingId: MeetingId): void {
    this.#open.get(meetingId)?.close(4503);
  }

  /** While the router drains nobody comes to its branches, and those who are there move away. */
  drain(isDraining: boolean): void {
    if (isDraining) for (const branch of this.#open.values()) branch.moveAway();
  }

  end(meetingId: MeetingId, reason: EndReason): void {
    this.#open.get(meetingId)?.end(reason);
  }

  find(meetingId: MeetingId): MeetingDoor | undefined {
    return this.#open.get(meetingId);
  }

  reports(): BranchReport[] {
    return Array.from(this.#open.values(), ({ report }) => report);
  }

  /** People with a place here, also in a lobby. */
  get places(): number {
    return Array.from(this.#open.values()).reduce((sum, { attendees }) => sum + attendees.size, 0);
  }

  /** Whether this person is in that meeting or its lobby, through whichever router. */
  hasPlace(meetingId: MeetingId, participantId: ParticipantId): boolean {
    const branch = this.#open.get(meetingId);
    if (!branch) return false;
    const { participants, lobby } = branch.whole;
    return (
      branch.attendees.has(participantId) ||
      [...participants, ...lobby].some((one) => one.participantId === participantId)
    );
  }

  watched(): WatchedMeeting[] {
    return Array.from(this.#open.values(), ({ watched }) => watched);
  }

  describe(): unknown {
    return Array.from(this.#open.values(), (branch) => branch.describe());
  }

  /** Idempotent. */
  close(): void {
    for (const branch of Array.from(this.#open.values())) branch.close(4503);
  }
}
