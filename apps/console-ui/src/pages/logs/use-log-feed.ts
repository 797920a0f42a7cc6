import { LogEvent, type LogEntry, type LogQuery } from '@guildhall/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { z } from 'zod';
import { meQuery } from '../../api/queries.ts';

/** Lines kept in the page. */
const MAX_LINES = 1_000;

export interface Shown {
  readonly key: number;
  readonly entry: LogEntry;
}

export interface LogFeed {
  /** `lost`: the server refused; it does not come back by itself. */
  readonly state: 'connecting' | 'live' | 'lost';
  readonly lines: readonly Shown[];
  /** Lines this page was too slow for. */
  readonly dropped: number;
}

const EMPTY: LogFeed = { state: 'connecting', lines: [], dropped: 0 };

/** Follows the logs of the server; nothing is asked while `paused`, and the lines stay. */
export function useLogFeed(query: z.input<typeof LogQuery>, paused: boolean): LogFeed {
  const client = useQueryClient();
  const [feed, setFeed] = useState(EMPTY);
  const { source, level, text } = query;
  useEffect(() => {
    if (paused) return undefined;
    const search = new URLSearchParams();
    if (source !== undefined) search.set('source', source);
    if (level !== undefined) search.set('level', level);
    if (text !== undefined && text !== '') search.set('text', text);
    let count = 0;
    const shown = (entry: LogEntry): Shown => ({ key: count++, entry });
    const take = (event: LogEvent): void =>
      setFeed((before) => {
        if (event.kind === 'start') return { state: 'live', lines: event.entries.map(shown), dropped: 0 };
        if (event.kind === 'dropped') return { ...before, dropped: before.dropped + event.lines };
        return { ...before, lines: [...before.lines, shown(event.entry)].slice(-MAX_LINES) };
      });
    const events = new EventSource(`/api/v1/logs/stream?${search.toString()}`);
    events.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const event = LogEvent.safeParse(JSON.parse(data));
      if (event.success) take(event.data);
    });
    events.addEventListener('error', () => {
      const isOver = events.readyState === EventSource.CLOSED;
      setFeed((before) => ({ ...before, state: isOver ? 'lost' : 'connecting' }));
      // The session may have ended: then the sign-in page is next.
      if (isOver) void client.invalidateQueries({ queryKey: meQuery.queryKey });
    });
    return () => events.close();
  }, [client, source, level, text, paused]);
  return feed;
}
