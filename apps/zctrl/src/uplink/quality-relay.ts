import type { NodeId, RouterId } from '@guildhall/domain';
import type { Clock, Timer } from '@guildhall/kit';
import { maxPeopleInReport, type QualityReport } from '@guildhall/protocol';

export interface QualityTold {
  readonly routerId: RouterId;
  readonly nodeId: NodeId;
  readonly report: QualityReport;
}

const everyMs = 10_000;

/** Hands the routers' newest reports on, each at most once in ten seconds however often it came. */
export class QualityRelay {
  readonly #send: (told: QualityTold) => void;
  readonly #waiting = new Map<RouterId, QualityTold>();
  readonly #timer: Timer;

  constructor(clock: Clock, send: (told: QualityTold) => void) {
    this.#send = send;
    this.#timer = clock.setInterval(() => this.#sendAll(), everyMs);
  }

  keep(told: QualityTold): void {
    this.#waiting.set(told.routerId, told);
  }

  /** Idempotent. */
  close(): void {
    this.#timer.cancel();
    this.#waiting.clear();
  }

  #sendAll(): void {
    for (const told of this.#waiting.values()) {
      this.#send({ ...told, report: within(told.report) });
    }
    this.#waiting.clear();
  }
}

/** A router that names more people than it should must not cost the controller its link to the cloud. */
function within(report: QualityReport): QualityReport {
  let room = maxPeopleInReport;
  const meetings = report.meetings.map((meeting) => {
    const people = meeting.people.slice(0, room);
    room -= people.length;
    return { ...meeting, people };
  });
  return { ...report, meetings };
}
