import { Button } from '@mantine/core';
import type { SelfTestState } from '@guildhall/protocol';
import { EmptyState, ErrorState, LoadingState, PageHeader, showToast, useLanguage } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { Download, Play, Stethoscope } from 'lucide-react';
import { selfTestQuery, useRunSelfTest } from '../../api/self-test.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { momentText } from '../../lib/format.ts';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';
import { BrowserProbe } from './browser-probe.tsx';
import { ResultRow } from './result-row.tsx';
import { useResultWords } from './result-words.ts';
import { useMediaProbe, type ProbeLine } from './use-media-probe.ts';

/** What this server needs and whether it has it, each with cause and remedy. */
export function SelfTestPage({ me }: PageProps) {
  const t = useText('selfTest');
  const toWords = useErrorWords();
  const query = useQuery(selfTestQuery);
  const run = useRunSelfTest();
  const probe = useMediaProbe();
  const begin = async (): Promise<void> => {
    try {
      await run.mutateAsync();
      if (!probe.isRunning) await probe.run();
    } catch (error) {
      showToast({ tone: 'bad', message: toWords(error).words.message });
    }
  };
  const state = query.data;
  const isRunning = state !== undefined && state.startedAtMs !== null && state.finishedAtMs === null;
  const button =
    me.authority === 'operate' ? (
      <Button
        leftSection={<Play size={16} aria-hidden />}
        loading={isRunning || run.isPending}
        onClick={() => void begin()}
      >
        {t('run')}
      </Button>
    ) : undefined;
  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={t('subtitle')}
        actions={state && state.startedAtMs !== null ? button : undefined}
      />
      {query.isPending ? <LoadingState rows={4} /> : null}
      {query.isError && !state ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {state?.startedAtMs === null ? (
        <section className={classes.card}>
          <EmptyState icon={Stethoscope} title={t('never')} action={button}>
            {t('neverText')}
          </EmptyState>
        </section>
      ) : null}
      {state && state.startedAtMs !== null ? <Results state={state} probed={probe.lines} /> : null}
      {state ? <BrowserProbe {...probe} /> : null}
    </>
  );
}

interface ResultsProps {
  readonly state: SelfTestState;
  /** What this browser found; saved with the rest. */
  readonly probed: readonly ProbeLine[];
}

function Results({ state, probed }: ResultsProps) {
  const t = useText('selfTest');
  const { language } = useLanguage();
  const words = useResultWords();
  const done = state.results.filter((result) => result.state !== 'running').length;
  const summary =
    state.finishedAtMs === null
      ? t('progress', { done, count: state.results.length })
      : t('finished', { time: momentText(state.finishedAtMs, language) });
  const save = (): void => {
    const lines = [...state.results, ...probed].map((result) => {
      const { title, word, cause, remedy } = words(result);
      return [`${title}: ${word}`, cause, remedy].filter((line) => line !== '').join('\n  ');
    });
    const text = `${t('title')} · ${location.host}\n${summary}\n\n${lines.join('\n')}\n`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'self-test.txt';
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <section className={classes.card}>
      <div className={classes.cardHead}>
        <output>{summary}</output>
        <Button
          variant="default"
          size="xs"
          disabled={state.finishedAtMs === null}
          leftSection={<Download size={14} aria-hidden />}
          onClick={save}
        >
          {t('download')}
        </Button>
      </div>
      <dl className={classes.facts}>
        {state.results.map((result) => (
          <ResultRow key={result.check} result={result} />
        ))}
      </dl>
    </section>
  );
}
