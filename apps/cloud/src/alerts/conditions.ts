import { compareVersions } from '@guildhall/domain';
import type { AlertCondition, MonitoredService } from '@guildhall/protocol';

/** What the rules look at. */
export interface Situation {
  readonly services: readonly MonitoredService[];
  readonly certificates: readonly {
    readonly subject: string;
    readonly label: string;
    readonly endsAtMs: number;
  }[];
  readonly zones: readonly {
    readonly subject: string;
    readonly label: string;
    readonly mos: number | null;
  }[];
  readonly nowMs: number;
}

/** Something a rule is about now. */
export interface Finding {
  readonly subject: string;
  readonly label: string;
}

export interface Standing extends Finding {
  readonly sinceMs: number;
  readonly isRaised: boolean;
}

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** How long it must last before somebody is told. */
export function patienceMs(condition: AlertCondition): number {
  switch (condition.kind) {
    case 'node-gone':
      return condition.minutes * minuteMs;
    case 'quality-below':
      return 2 * minuteMs;
    case 'capacity-above':
      return minuteMs;
    case 'version-below':
    case 'certificate-expires':
      return 0;
  }
}

/** A controller VM has two services: each is a subject of its own. */
const about = ({ nodeId, service, name }: MonitoredService): Finding => ({
  subject: `${service} ${nodeId}`,
  label: `${name} (${service})`,
});

/** One that is refused for its version is there; another rule is for it. */
const isGone = ({ state, why }: MonitoredService): boolean =>
  state === 'unreachable' || state === 'unhealthy' || (state === 'refused' && why !== 'version-refused');

function fullest({ capacity, meetings, participants, cpu }: MonitoredService): number {
  if (!capacity) return 0;
  const shares = [
    meetings / Math.max(1, capacity.meetings),
    participants / Math.max(1, capacity.participants),
  ];
  return Math.max(...shares, cpu ?? 0);
}

/** What a rule finds in a situation. */
export function findingsOf(condition: AlertCondition, situation: Situation): Finding[] {
  const { services, certificates, zones, nowMs } = situation;
  switch (condition.kind) {
    case 'node-gone':
      return services.filter(isGone).map(about);
    case 'version-below':
      return services
        .filter(
          ({ state, version }) => state !== 'enrolled' && compareVersions(version, condition.version) < 0,
        )
        .map(about);
    case 'capacity-above':
      return services.filter((service) => fullest(service) * 100 > condition.percent).map(about);
    case 'certificate-expires':
      return certificates.filter(({ endsAtMs }) => endsAtMs - nowMs < condition.days * dayMs);
    case 'quality-below':
      return zones.filter(({ mos }) => mos !== null && mos < condition.mos);
  }
}

/** How what a rule found goes on from one look to the next: told once when it has lasted, and once when it is over. */
export function follow(
  before: readonly Standing[],
  findings: readonly Finding[],
  lastsMs: number,
  nowMs: number,
): { readonly standing: Standing[]; readonly raised: Finding[]; readonly cleared: Finding[] } {
  const known = new Map(before.map((one) => [one.subject, one]));
  const standing = findings.map(({ subject, label }) => {
    const old = known.get(subject);
    const sinceMs = old?.sinceMs ?? nowMs;
    return { subject, label, sinceMs, isRaised: old?.isRaised === true || nowMs - sinceMs >= lastsMs };
  });
  const present = new Set(findings.map(({ subject }) => subject));
  return {
    standing,
    raised: standing.filter(({ subject, isRaised }) => isRaised && known.get(subject)?.isRaised !== true),
    cleared: before.filter(({ subject, isRaised }) => isRaised && !present.has(subject)),
  };
}
