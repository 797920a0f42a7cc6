import { Button } from '@mantine/core';
import { Radio } from 'lucide-react';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';
import { ResultRow } from './result-row.tsx';
import type { useMediaProbe } from './use-media-probe.ts';

/** Whether this browser reaches the media ports, at every address that is given to people. */
export function BrowserProbe({ lines, isRunning, run }: ReturnType<typeof useMediaProbe>) {
  const t = useText('selfTest');
  return (
    <section className={classes.card} aria-labelledby="browser-probe">
      <div className={classes.cardHead}>
        <h2 id="browser-probe">{t('probe')}</h2>
        <Button
          variant="default"
          size="xs"
          loading={isRunning}
          leftSection={<Radio size={14} aria-hidden />}
          onClick={() => void run()}
        >
          {t('probeRun')}
        </Button>
      </div>
      <p className={classes.soft}>{t('probeText')}</p>
      <div aria-live="polite">
        {lines.length === 0 ? null : (
          <dl className={classes.facts}>
            {lines.map((line) => (
              <ResultRow key={line.key} result={line} />
            ))}
          </dl>
        )}
      </div>
    </section>
  );
}
