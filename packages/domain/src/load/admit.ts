/**
 * When a router takes nobody new, so that those inside keep their quality. An overloaded media worker loses no packets:
 * they wait, and latency grows to seconds. So it is the measured load that decides, not a number of people.
 */

/** One measurement. */
export interface LoadMeasure {
  /** Busiest media worker, 0 to 1 of a core. */
  readonly workerCpu: number;
  /** How late the router's own process gets to its work: 99th percentile of the period, milliseconds. */
  readonly loopDelayMs: number;
}

/** What stands in the way. */
export type OverloadCause = 'worker-cpu' | 'event-loop';

export interface AdmitRules {
  /** From this load on nobody new is let in ... */
  readonly refuseFrom: LoadMeasure;
  /** ... until it is below this one: people who are refused and come again must not find it open and shut in turns. */
  readonly admitBelow: LoadMeasure;
  /** How long a load must last to count: a crowd that comes in is no overload. */
  readonly smoothingMs: number;
}

export interface Admission {
  /** Smoothed. */
  readonly load: LoadMeasure;
  /** Null while people are let in. */
  readonly refuses: OverloadCause | null;
}

export const openAdmission: Admission = { load: { workerCpu: 0, loopDelayMs: 0 }, refuses: null };

/** A router is let in to again at four fifths of the load that shut it. */
const reopenShare = 0.8;

/** The rules from the two limits an administrator may set. */
export const admitRules = (refuseFrom: LoadMeasure): AdmitRules => ({
  refuseFrom,
  admitBelow: {
    workerCpu: refuseFrom.workerCpu * reopenShare,
    loopDelayMs: refuseFrom.loopDelayMs * reopenShare,
  },
  smoothingMs: 3_000,
});

/** @param sinceMs since the measurement before, more than 0 */
export const admit = (
  before: Admission,
  measure: LoadMeasure,
  sinceMs: number,
  { refuseFrom, admitBelow, smoothingMs }: AdmitRules,
): Admission => {
  const weight = 1 - Math.exp(-sinceMs / smoothingMs);
  const towards = (from: number, to: number): number => from + weight * (to - from);
  const load = {
    workerCpu: towards(before.load.workerCpu, measure.workerCpu),
    loopDelayMs: towards(before.load.loopDelayMs, measure.loopDelayMs),
  };
  const limit = before.refuses === null ? refuseFrom : admitBelow;
  const refuses =
    load.workerCpu >= limit.workerCpu
      ? 'worker-cpu'
      : load.loopDelayMs >= limit.loopDelayMs
        ? 'event-loop'
        : null;
  return { load, refuses };
};
