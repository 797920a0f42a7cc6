import { Table } from '@mantine/core';
import type { LiveMeeting, LivePlacement } from '@guildhall/protocol';
import { StateWord, type StateName } from '@guildhall/ui';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import classes from './monitoring.module.css';
import { useUnits } from './use-units.ts';

type Verdict = LivePlacement['routers'][number]['verdict'];

const VERDICT = {
  chosen: { state: 'running', word: 'chosen' },
  ok: { state: 'running', word: 'ok' },
  full: { state: 'draining', word: 'full' },
  busy: { state: 'failing', word: 'busy' },
  draining: { state: 'draining', word: 'draining' },
  starting: { state: 'waiting', word: 'starting' },
  unhealthy: { state: 'failing', word: 'unhealthy' },
  stale: { state: 'unreachable', word: 'stale' },
  outdated: { state: 'failing', word: 'outdated' },
  'left-out': { state: 'draining', word: 'leftOut' },
  'other-zone': { state: 'unknown', word: 'otherZone' },
} as const satisfies Record<Verdict, { readonly state: StateName; readonly word: string }>;

/** Of the choice: its line and the row of the chosen router say the same. */
const WHY = { 'only-one': 'onlyOne', 'least-loaded': 'leastLoaded', 'has-branch': 'hasBranch' } as const;

/** Why a live meeting is on the routers it is on: what the controller found of each when it decided. */
export function WhyHere({ meeting }: { readonly meeting: LiveMeeting }) {
  const t = useText('monitoring');
  const told = meeting.routers.flatMap(({ name, placement }) => (placement ? [{ name, placement }] : []));
  return (
    <div className={classes.whyHere}>
      <h2 className={pages.subTitle}>{t('whyHere.title')}</h2>
      {told.length === 0 ? <p className={classes.why}>{t('whyHere.unknown')}</p> : null}
      {told.map(({ name, placement }) => (
        <Decision key={name} router={name} placement={placement} />
      ))}
    </div>
  );
}

function Decision({
  router,
  placement: { atMs, why, routers },
}: {
  readonly router: string;
  readonly placement: LivePlacement;
}) {
  const t = useText('monitoring');
  const times = useTimeWriter();
  const units = useUnits();
  return (
    <>
      <p className={classes.why}>{t(`whyHere.why.${WHY[why]}`, { router, time: times.dayAndTime(atMs) })}</p>
      <Table className={pages.table} aria-label={t('whyHere.label', { router })}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('router')}</Table.Th>
            <Table.Th>{t('whyHere.verdict')}</Table.Th>
            <Table.Th>{t('whyHere.used')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {routers.map(({ nodeId, name, verdict, score }) => (
            <Table.Tr key={nodeId}>
              <Table.Td data-label={t('router')} className={pages.breakable}>
                {name}
              </Table.Td>
              <Table.Td data-label={t('whyHere.verdict')}>
                <div>
                  <StateWord state={VERDICT[verdict].state}>
                    {t(`whyHere.verdicts.${VERDICT[verdict].word}`)}
                  </StateWord>
                  <p className={classes.why}>
                    {verdict === 'chosen'
                      ? t(`whyHere.chosenFor.${WHY[why]}`)
                      : t(`whyHere.because.${VERDICT[verdict].word}`)}
                  </p>
                </div>
              </Table.Td>
              <Table.Td data-label={t('whyHere.used')} className="gh-tabular">
                {score === null ? '–' : units.percent(score)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
