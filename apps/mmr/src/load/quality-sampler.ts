import { estimateMos, type MeetingId, type ParticipantId } from '@guildhall/domain';
import type { Clock, Timer } from '@guildhall/kit';
import {
  maxMeetingsInReport,
  maxPeopleInReport,
  type PersonQuality,
  type QualityReport,
} from '@guildhall/protocol';
import type { WorkerLoad } from '../engine/port.ts';
import type { LinkMeasure, WatchedMeeting } from '../types.ts';

/** Each person is measured, and the whole reported, once in this time. */
const periodMs = 10_000;
/** The measuring is spread over the period, so that the workers never answer a crowd at once. */
const stepMs = 1_000;
const stepsPerPeriod = periodMs / stepMs;

export interface QualitySamplerOptions {
  readonly meetings: () => readonly WatchedMeeting[];
  /** As last measured. */
  readonly workers: () => readonly WorkerLoad[];
  readonly report: (report: QualityReport) => void;
  readonly startedAtMs: number;
  readonly addresses: readonly string[];
  /** Of the certificate in use; undefined without TLS. */
  readonly certificateExpiresAtMs: () => number | undefined;
  readonly clock: Clock;
}

interface Person {
  readonly key: string;
  readonly meeting: WatchedMeeting;
  readonly participantId: ParticipantId;
}

const keyOf = (meetingId: MeetingId, participantId: ParticipantId): string => `${meetingId} ${participantId}`;

/** Measures how everybody's media gets through, a tenth of the people each second, and has the zone told. */
export class QualitySampler {
  readonly #options: QualitySamplerOptions;
  #measures = new Map<string, LinkMeasure>();
  #toMeasure: Person[] = [];
  #perStep = 0;
  #step = 0;
  #timer: Timer | undefined;

  constructor(options: QualitySamplerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setInterval(() => void this.#next(), stepMs);
  }

  /** Idempotent. */
  close(): void {
    this.#timer?.cancel();
  }

  async #next(): Promise<void> {
    if (this.#step === 0) this.#begin();
    this.#step = (this.#step + 1) % stepsPerPeriod;
    const isLast = this.#step === 0;
    const batch = this.#toMeasure.splice(0, isLast ? this.#toMeasure.length : this.#perStep);
    await Promise.all(batch.map((person) => this.#measure(person)));
    if (isLast) this.#finish();
  }

  #begin(): void {
    this.#toMeasure = this.#options
      .meetings()
      .flatMap((meeting) =>
        meeting.people.map(({ participantId }) => ({
          key: keyOf(meeting.meetingId, participantId),
          meeting,
          participantId,
        })),
      )
      .slice(0, maxPeopleInReport);
    this.#perStep = Math.ceil(this.#toMeasure.length / stepsPerPeriod);
    const present = new Set(this.#toMeasure.map(({ key }) => key));
    this.#measures = new Map([...this.#measures].filter(([key]) => present.has(key)));
  }

  async #measure({ key, meeting, participantId }: Person): Promise<void> {
    try {
      const measure = await meeting.measure(participantId);
      if (measure) this.#measures.set(key, measure);
      else this.#measures.delete(key);
    } catch {
      // Left, or moved to another worker, while it was being measured.
      this.#measures.delete(key);
    }
  }

  #finish(): void {
    const { workers, report, startedAtMs, addresses } = this.#options;
    const certificateExpiresAtMs = this.#options.certificateExpiresAtMs();
    report({
      startedAtMs,
      addresses: [...addresses],
      ...(certificateExpiresAtMs !== undefined && { certificateExpiresAtMs }),
      workers: workers().map(({ cpu, bitrateInBps, bitrateOutBps }) => ({
        cpu: Math.min(1, Math.max(0, cpu)),
        bitrateInBps,
        bitrateOutBps,
      })),
      meetings: this.#meetings(),
    });
  }

  #meetings(): QualityReport['meetings'] {
    let room = maxPeopleInReport;
    const meetings = this.#options.meetings().slice(0, maxMeetingsInReport);
    return meetings.map(({ meetingId, startedAtMs, people }) => {
      const told = people.slice(0, room);
      room -= told.length;
      return { meetingId, startedAtMs, people: told.map((person) => this.#qualityOf(meetingId, person)) };
    });
  }

  #qualityOf(meetingId: MeetingId, person: WatchedMeeting['people'][number]): PersonQuality {
    const { participantId, name, role } = person;
    const measure = this.#measures.get(keyOf(meetingId, participantId)) ?? unknown;
    return { participantId, name, role, ...measure, mos: mosOf(measure) };
  }
}

const unknown: LinkMeasure = {
  bitrateInBps: 0,
  bitrateOutBps: 0,
  lossIn: null,
  lossOut: null,
  roundTripTimeMs: null,
  jitterMs: null,
  transport: null,
};

/** A call is as good as the worse of its two directions. */
function mosOf({ lossIn, lossOut, roundTripTimeMs, jitterMs }: LinkMeasure): number | null {
  const loss = lossIn === null ? lossOut : Math.max(lossIn, lossOut ?? 0);
  return estimateMos({ loss, roundTripTimeMs, jitterMs });
}
