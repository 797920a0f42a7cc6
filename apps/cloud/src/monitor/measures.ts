import type { AccountId, NodeId, ZoneId } from '@guildhall/domain';
import type { PersonQuality } from '@guildhall/protocol';
import type { Metric, Sample } from '../store/port.ts';
import type { LiveRouterFacts } from './live.ts';

export type Measures = Pick<Sample, Metric>;
export interface Scoped {
  readonly scopeId: AccountId | ZoneId | NodeId;
  readonly measures: Measures;
}

/** The mean of what is known; null when nothing is. */
export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** A person's loss is that of the worse direction. */
const lossOf = ({ lossIn, lossOut }: PersonQuality): number | null =>
  lossIn === null ? lossOut : Math.max(lossIn, lossOut ?? 0);

export const peopleOf = (routers: readonly LiveRouterFacts[]): PersonQuality[] =>
  routers.flatMap(({ quality }) => quality?.meetings.flatMap(({ people }) => people) ?? []);

/** Meetings that several of these routers have told of, each but once: a meeting that runs over three counts as three with them. */
const countedAgain = (routers: readonly LiveRouterFacts[]): number => {
  const told = routers.flatMap(({ quality }) => quality?.meetings.map(({ meetingId }) => meetingId) ?? []);
  return told.length - new Set(told).size;
};

/** Several routers as one: counts and rates add up, the CPU is that of the busiest, quality is the mean over people. */
export function measure(routers: readonly LiveRouterFacts[]): Measures {
  const loads = routers.map(({ status }) => status.load);
  const people = peopleOf(routers);
  return {
    meetings: Math.max(0, sum(loads.map((load) => load.meetings)) - countedAgain(routers)),
    participants: sum(loads.map((load) => load.participants)),
    bitrateInBps: sum(loads.map((load) => load.bitrateInBps)),
    bitrateOutBps: sum(loads.map((load) => load.bitrateOutBps)),
    cpu: loads.length === 0 ? null : Math.max(...loads.map((load) => load.workerCpu)),
    loss: mean(people.map(lossOf)),
    rttMs: mean(people.map((person) => person.roundTripTimeMs)),
    jitterMs: mean(people.map((person) => person.jitterMs)),
    mos: mean(people.map((person) => person.mos)),
  };
}

/** One account now: itself, its zones and its routers. */
export function scopesOf(
  accountId: AccountId,
  zoneIds: readonly ZoneId[],
  routers: readonly LiveRouterFacts[],
): Scoped[] {
  return [
    { scopeId: accountId, measures: measure(routers) },
    ...zoneIds.map((zoneId) => ({
      scopeId: zoneId,
      measures: measure(routers.filter((router) => router.zoneId === zoneId)),
    })),
    ...routers.map((router) => ({ scopeId: router.status.nodeId, measures: measure([router]) })),
  ];
}

/** Several moments as one: counts by their highest, the rest by its mean, as the store folds its buckets. */
export function foldMoments(moments: readonly Measures[]): Measures {
  const highest = (of: 'meetings' | 'participants'): number | null => {
    const known = moments.map((moment) => moment[of]).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const middle = (of: Metric): number | null => mean(moments.map((moment) => moment[of]));
  return {
    meetings: highest('meetings'),
    participants: highest('participants'),
    bitrateInBps: middle('bitrateInBps'),
    bitrateOutBps: middle('bitrateOutBps'),
    cpu: middle('cpu'),
    loss: middle('loss'),
    rttMs: middle('rttMs'),
    jitterMs: middle('jitterMs'),
    mos: middle('mos'),
  };
}
