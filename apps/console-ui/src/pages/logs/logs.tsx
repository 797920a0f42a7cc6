import { Button, Menu, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ConsoleLogLevel, LogSource, logSources } from '@guildhall/protocol';
import { EmptyState, ErrorState, LoadingState, PageHeader, StateWord } from '@guildhall/ui';
import { Download, Pause, Play, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useText } from '../../words/words.ts';
import pageClasses from '../pages.module.css';
import { LogLines } from './log-lines.tsx';
import classes from './logs.module.css';
import { useLogFeed, type LogFeed } from './use-log-feed.ts';

const LEVELS = ['trace', 'info', 'warn', 'error'] as const;
const TYPING_MS = 300;

/** The logs of this server as they are written, with filters and download. */
export function LogsPage() {
  const t = useText('logs');
  const [attempt, setAttempt] = useState(0);
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} actions={<DownloadMenu />} />
      <Viewer key={attempt} onRetry={() => setAttempt(attempt + 1)} />
    </>
  );
}

function Viewer({ onRetry }: { readonly onRetry: () => void }) {
  const t = useText('logs');
  const [source, setSource] = useState<LogSource>();
  const [level, setLevel] = useState<ConsoleLogLevelName>('trace');
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const [paused, setPaused] = useState(false);
  const feed = useLogFeed({ source, level, text: settled }, paused);
  return (
    <section className={pageClasses.card}>
      <div className={classes.filters}>
        <SegmentedControl
          aria-label={t('source')}
          value={source ?? 'all'}
          onChange={(value) => setSource(LogSource.safeParse(value).data)}
          data={['all', ...logSources].map((value) => ({
            value,
            label: value === 'all' ? t('all') : value,
          }))}
        />
        <NativeSelect
          aria-label={t('level')}
          value={level}
          onChange={({ currentTarget }) => setLevel(ConsoleLogLevel.parse(currentTarget.value))}
          data={LEVELS.map((value) => ({ value, label: t(`atLeast.${value}`) }))}
        />
        <TextInput
          className={classes.search ?? ''}
          aria-label={t('text')}
          placeholder={t('text')}
          maxLength={100}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <Button
          variant="default"
          leftSection={paused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
          onClick={() => setPaused(!paused)}
        >
          {paused ? t('resume') : t('pause')}
        </Button>
        <State feed={feed} paused={paused} />
      </div>
      <Content feed={feed} onRetry={onRetry} />
    </section>
  );
}

type ConsoleLogLevelName = ReturnType<typeof ConsoleLogLevel.parse>;

function State({ feed, paused }: { readonly feed: LogFeed; readonly paused: boolean }) {
  const t = useText('logs');
  if (paused) return <StateWord state="stopped">{t('paused')}</StateWord>;
  if (feed.state === 'live') return <StateWord state="live">{t('live')}</StateWord>;
  return feed.state === 'connecting' ? <StateWord state="waiting">{t('connecting')}</StateWord> : null;
}

function Content({ feed, onRetry }: { readonly feed: LogFeed; readonly onRetry: () => void }) {
  const t = useText('logs');
  if (feed.state === 'lost') return <ErrorState message={t('lost')} onRetry={onRetry} />;
  if (feed.lines.length > 0)
    return (
      <>
        {feed.dropped > 0 ? (
          <p className={pageClasses.soft}>{t('dropped', { count: feed.dropped })}</p>
        ) : null}
        <LogLines lines={feed.lines} />
      </>
    );
  if (feed.state === 'connecting') return <LoadingState rows={6} rowHeight={20} />;
  return (
    <EmptyState icon={ScrollText} title={t('empty')}>
      {t('emptyText')}
    </EmptyState>
  );
}

function DownloadMenu() {
  const t = useText('logs');
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<Download size={16} aria-hidden />}>
          {t('download')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {logSources.map((source) => (
          <Menu.Item key={source} component="a" href={`/api/v1/logs/download?source=${source}`} download>
            {t('downloadOf', { source })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
