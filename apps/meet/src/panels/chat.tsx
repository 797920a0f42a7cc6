import type { ChatLine } from '@guildhall/domain';
import type { PendingLine } from '@guildhall/meeting-client';
import { ActionIcon, Button } from '@mantine/core';
import { EmptyState, useErrorSentence, useLanguage } from '@guildhall/ui';
import { MessageSquare, SendHorizontal } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { linkify } from '../lib/linkify.ts';
import { Face } from '../meeting/face.tsx';
import { useMeeting, useMeetingContext } from '../meeting/context.ts';
import { useWords } from '../words/words.ts';
import { Panel } from './panel.tsx';
import classes from './panels.module.css';

const MAX_LENGTH = 4000;
/** Lines of one person within this stand together under one name. */
const TOGETHER_MS = 3 * 60_000;
/** Somebody who scrolled up further than this is reading and must not be pulled down. */
const NEAR_END_PX = 80;

const noLines: readonly ChatLine[] = [];

export const ChatPanel = () => {
  const t = useWords();
  const isOn = useMeeting((state) => state.view?.settings.chat ?? true);
  return (
    <Panel
      title={t('chat.title')}
      footer={isOn ? <Composer /> : <p className={classes.soft}>{t('chat.off')}</p>}
    >
      <Lines />
    </Panel>
  );
};

const Lines = () => {
  const t = useWords();
  const lines = useMeeting((state) => state.view?.chat ?? noLines);
  const pending = useMeeting((state) => state.pendingChat);
  const list = useRef<HTMLOListElement>(null);
  const isNearEnd = useRef(true);
  useLayoutEffect(() => {
    const scroller = list.current?.parentElement;
    if (scroller && isNearEnd.current) scroller.scrollTop = scroller.scrollHeight;
  });
  useEffect(() => {
    const scroller = list.current?.parentElement;
    const look = (): void => {
      if (scroller)
        isNearEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    };
    scroller?.addEventListener('scroll', look, { passive: true });
    return () => scroller?.removeEventListener('scroll', look);
  }, []);
  const isEmpty = lines.length === 0 && pending.length === 0;
  return (
    <>
      {isEmpty ? (
        <EmptyState icon={MessageSquare} title={t('chat.empty')}>
          {t('chat.emptyText')}
        </EmptyState>
      ) : null}
      <div role="log" aria-live="polite" aria-label={t('chat.log')}>
        <ol ref={list} className={classes.lines}>
          {lines.map((line, index) => (
            <Line key={line.lineId} line={line} before={lines[index - 1]} />
          ))}
          {pending.map((line) => (
            <Unsent key={line.lineId} line={line} />
          ))}
        </ol>
      </div>
    </>
  );
};

const Line = ({ line, before }: { readonly line: ChatLine; readonly before: ChatLine | undefined }) => {
  const t = useWords();
  const { language } = useLanguage();
  const selfId = useMeeting((state) => state.selfId);
  const continues =
    before?.participantId === line.participantId && line.sentAtMs - before.sentAtMs < TOGETHER_MS;
  const time = new Intl.DateTimeFormat(localeOf(language), { hour: 'numeric', minute: '2-digit' }).format(
    line.sentAtMs,
  );
  return (
    <li className={classes.line} data-continues={continues || undefined}>
      {continues ? null : (
        <div className={classes.sender}>
          <Face id={line.participantId} name={line.name} size="small" />
          <span className={classes.senderName}>
            {line.participantId === selfId ? `${line.name} (${t('you')})` : line.name}
          </span>
          <time dateTime={new Date(line.sentAtMs).toISOString()}>{time}</time>
        </div>
      )}
      <Words text={line.text} />
    </li>
  );
};

/** The reader's own variant of the page's language, for the clock they are used to. */
const localeOf = (language: string): string =>
  navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;

const Words = ({ text }: { readonly text: string }) => (
  <p className={classes.text}>
    {linkify(text).map((part, index) =>
      part.href ? (
        <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      ) : (
        part.text
      ),
    )}
  </p>
);

const Unsent = ({ line }: { readonly line: PendingLine }) => {
  const t = useWords();
  const sentence = useErrorSentence();
  const { client } = useMeetingContext();
  return (
    <li className={classes.line} data-unsent>
      <Words text={line.text} />
      {line.error ? (
        <p className={classes.refused}>
          {t('chat.notSent')} {sentence(line.error.code, line.error.message)}{' '}
          <Button
            size="compact-xs"
            variant="subtle"
            color="bad"
            onClick={() => client.discardChat(line.lineId)}
          >
            {t('chat.discard')}
          </Button>
        </p>
      ) : (
        <p className={classes.soft}>{t('chat.sending')}</p>
      )}
    </li>
  );
};

const Composer = () => {
  const t = useWords();
  const { client } = useMeetingContext();
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const over = text.length - MAX_LENGTH;
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  const send = (): void => {
    const line = text.trim();
    if (line === '' || over > 0) return;
    client.sendChat(line);
    setText('');
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={Math.min(5, text.split('\n').length)}
        value={text}
        aria-label={t('chat.message')}
        placeholder={t('chat.message')}
        aria-invalid={over > 0 || undefined}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <ActionIcon
        type="submit"
        size={40}
        aria-label={t('chat.send')}
        disabled={text.trim() === '' || over > 0}
      >
        <SendHorizontal size={18} aria-hidden />
      </ActionIcon>
      {over > 0 ? (
        <p className={classes.refused} role="alert">
          {t('chat.tooLong', { count: over })}
        </p>
      ) : null}
    </form>
  );
};
