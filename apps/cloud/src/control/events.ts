import type { MeetingId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { SpooledEvent } from '@guildhall/protocol';
import type { Bus } from '../bus/port.ts';
import type { Store, StoredNode } from '../store/port.ts';

export interface PushedEvents {
  readonly outboxEpoch: string;
  readonly events: readonly { readonly seq: number; readonly event: SpooledEvent }[];
}

/** Stores what zones report and tells the hosts. */
export class EventSink {
  readonly #store: Store;
  readonly #bus: Bus;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #logger: Logger;

  constructor(options: {
    readonly store: Store;
    readonly bus: Bus;
    readonly clock: Pick<Clock, 'now'>;
    readonly logger: Logger;
  }) {
    this.#clock = options.clock;
    this.#store = options.store;
    this.#bus = options.bus;
    this.#logger = options.logger;
  }

  /** Answers after the commit. @throws GuildhallError store.unavailable; nothing is stored then */
  async push(node: StoredNode, { outboxEpoch, events }: PushedEvents): Promise<{ ackedSeq: number }> {
    const { id: nodeId, accountId, zoneId } = node;
    const result = await this.#store.history.store({ nodeId, accountId, zoneId, epoch: outboxEpoch, events });
    if (result.foreign > 0) {
      const facts = { nodeId, events: result.foreign };
      this.#logger
        .sampled('foreign-events', 60_000)
        .warn(facts, 'a zone reported meetings of another account');
    }
    for (const meetingId of result.started) await this.#keepZone(meetingId, node);
    for (const meetingId of result.started) await this.tell(meetingId, 'meeting.started');
    for (const meetingId of result.ended) await this.tell(meetingId, 'meeting.ended');
    return { ackedSeq: result.ackedSeq };
  }

  /** Started with a pass, the meeting is in a zone that this cloud did not choose: who joins now must get there too. */
  async #keepZone(meetingId: MeetingId, { zoneId }: StoredNode): Promise<void> {
    const { zones } = this.#store;
    try {
      const before = await zones.ofMeeting(meetingId);
      if (before?.zoneId === zoneId) return;
      await zones.keepForMeeting(meetingId, { zoneId, chosenAtMs: this.#clock.now() }, before);
    } catch (error) {
      this.#logger.warn({ err: error, meetingId, zoneId }, 'the zone of a meeting could not be stored');
    }
  }

  /** Tells the host's pages. It is stored already, so a host who cannot be told now sees it in the list. */
  async tell(meetingId: MeetingId, kind: 'meeting.started' | 'meeting.ended'): Promise<void> {
    try {
      const meeting = await this.#store.meetings.get(meetingId);
      if (!meeting) return;
      const { number, topic, hostUserId: userId } = meeting;
      const startedAtMs = meeting.startedAtMs ?? meeting.createdAtMs;
      const notice =
        kind === 'meeting.started'
          ? { kind, meetingId, number, topic, startedAtMs }
          : { kind, meetingId, number };
      this.#bus.publish('person.notice', { userId, notice });
      this.#bus.publish('person.notice', { userId, notice: { kind: 'meetings.changed' } });
    } catch (error) {
      this.#logger.warn({ err: error, meetingId, kind }, 'a host could not be told');
    }
  }
}
