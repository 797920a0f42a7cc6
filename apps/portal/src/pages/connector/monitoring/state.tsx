import { gradeOf, type MonitoredService, type MonitoredState } from '@guildhall/protocol';
import { StateWord, type StateName } from '@guildhall/ui';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import classes from './monitoring.module.css';

const STATE = {
  enrolled: 'waiting',
  connected: 'running',
  draining: 'draining',
  unhealthy: 'failing',
  unreachable: 'unreachable',
  refused: 'failing',
} as const satisfies Record<MonitoredState, StateName>;

const WHY = {
  'never-connected': 'neverConnected',
  'link-lost': 'linkLost',
  'no-controller': 'noController',
  starting: 'starting',
  draining: 'draining',
  silent: 'silent',
  'bad-proof': 'badProof',
  'protocol-version': 'protocolVersion',
  'version-refused': 'versionRefused',
  'version-warned': 'versionWarned',
  'overload-cpu': 'overloadCpu',
  'overload-event-loop': 'overloadEventLoop',
} as const satisfies Record<NonNullable<MonitoredService['why']>, string>;

/** The state of a controller or router, and what to do about it. */
export function ServiceState({ service }: { readonly service: Pick<MonitoredService, 'state' | 'why'> }) {
  const t = useText('monitoring');
  const { state, why } = service;
  return (
    <div>
      {why === 'overload-cpu' || why === 'overload-event-loop' ? (
        <StateWord state="failing">{t('overloaded')}</StateWord>
      ) : (
        <StateWord state={STATE[state]}>{t(`states.${state}`)}</StateWord>
      )}
      {why ? <p className={classes.why}>{t(`why.${WHY[why]}`)}</p> : null}
    </div>
  );
}

/** Whether a controller and the other one of its zone hear each other. */
export function PairLine({ pair }: { readonly pair: NonNullable<MonitoredService['pair']> }) {
  const t = useText('monitoring');
  const times = useTimeWriter();
  const { state, sinceMs } = pair;
  return (
    <div>
      <StateWord state={state === 'connected' ? 'running' : 'unreachable'}>{t(`pair.${state}`)}</StateWord>
      <p className={classes.why}>{t(`pair.${state}Since`, { time: times.dayAndTime(sinceMs) })}</p>
    </div>
  );
}

const GRADE = { good: 'running', fair: 'draining', poor: 'failing' } as const satisfies Record<
  string,
  StateName
>;

/** How a call sounds, in a word; the number is beside it. */
export function Grade({ mos }: { readonly mos: number | null }) {
  const t = useText('monitoring');
  if (mos === null) return <StateWord state="unknown">{t('grades.unknown')}</StateWord>;
  const grade = gradeOf(mos);
  return <StateWord state={GRADE[grade]}>{t(`grades.${grade}`)}</StateWord>;
}

/** A share as a small bar with its words. */
export function LoadBar({ share, children }: { readonly share: number; readonly children: string }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
  return (
    <div className={classes.load}>
      <span className="gh-tabular">{children}</span>
      <span className={classes.bar} data-full={percent >= 80 || undefined} aria-hidden>
        <span style={{ width: `${percent}%` }} />
      </span>
    </div>
  );
}
