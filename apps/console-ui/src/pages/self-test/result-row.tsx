import { StateWord } from '@guildhall/ui';
import classes from '../pages.module.css';
import { useResultWords, type Line } from './result-words.ts';

const STATES = {
  running: 'starting',
  ok: 'running',
  warn: 'waiting',
  fail: 'failing',
  skipped: 'stopped',
} as const;

/** One check: how it ended, the cause, and what to do. */
export function ResultRow({ result }: { readonly result: Line }) {
  const { title, word, cause, remedy } = useResultWords()(result);
  return (
    <div className={classes.fact}>
      <dt>{title}</dt>
      <dd>
        <StateWord state={STATES[result.state]}>{word}</StateWord>
        {cause === '' ? null : <div>{cause}</div>}
        {remedy === '' ? null : <div className={classes.soft}>{remedy}</div>}
      </dd>
    </div>
  );
}
