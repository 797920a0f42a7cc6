import { ActionIcon } from '@mantine/core';
import type { MeetingView } from '@guildhall/domain';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { emptyOrder, nextOrder } from '../lib/tile-order.ts';
import { useWords } from '../words/words.ts';
import { Alone } from './alone.tsx';
import { useMeeting, useMeetingContext } from './context.ts';
import classes from './meeting.module.css';
import { SelfView } from './self-view.tsx';
import { PersonTile, ScreenTile } from './tile.tsx';
import { arrange, pageSizeOf, wantedOf, type Arrangement } from './tiles.ts';
import { useArea } from './use-area.ts';

const nobody: MeetingView['participants'] = [];

/** People keep their places; see `nextOrder`. */
const useOrder = (ids: readonly string[], speaker: string | null, pageSize: number): readonly string[] => {
  const [order, setOrder] = useState(emptyOrder);
  const next = nextOrder(order, ids, speaker, pageSize);
  // State derived during render, as React allows: it comes to rest because the same input gives the same object.
  if (next !== order) setOrder(next);
  return next.ids;
};

const useArrangement = (
  area: ReturnType<typeof useArea>[1],
  page: number,
): Arrangement & { readonly isAlone: boolean } => {
  const { viewMode: mode } = useMeetingContext();
  const people = useMeeting((state) => state.view?.participants ?? nobody);
  const speaker = useMeeting((state) => state.view?.activeSpeaker ?? null);
  const selfId = useMeeting((state) => state.selfId);
  const self = people.find((one) => one.participantId === selfId);
  const present = people.filter((one) => one !== self);
  const ids = useOrder(
    present.map((one) => one.participantId),
    speaker,
    pageSizeOf(area),
  );
  return useMemo(() => {
    const byId = new Map<string, (typeof people)[number]>(people.map((one) => [one.participantId, one]));
    const others = ids.flatMap((id) => byId.get(id) ?? []);
    return { ...arrange({ area, mode, page, self, others, speaker }), isAlone: others.length === 0 };
  }, [area, mode, page, self, people, ids, speaker]);
};

/** The pictures, as large as the space allows. */
export const Stage = () => {
  const t = useWords();
  const { client } = useMeetingContext();
  const [ref, area] = useArea();
  const [page, setPage] = useState(0);
  const { tiles, selfOver, pages, isAlone } = useArrangement(area, page);
  const isDown = useMeeting((state) => state.linkDownSinceMs !== null && state.media !== 'connected');

  const isMeasured = area.widthPx > 0;
  useEffect(() => {
    // Before that there are no tiles, and to want nothing would stop what is on its way.
    if (isMeasured) client.want(wantedOf(tiles, window.devicePixelRatio));
  }, [client, tiles, isMeasured]);

  return (
    <main className={classes.stage} aria-label={t('stage.label')} data-dimmed={isDown || undefined}>
      <div ref={ref} className={classes.tiles} data-self-over={selfOver !== null || undefined}>
        {tiles.map((tile) =>
          tile.kind === 'screen' ? (
            <ScreenTile key={`${tile.person.participantId}/screen`} tile={tile} />
          ) : (
            <PersonTile key={tile.person.participantId} tile={tile} />
          ),
        )}
        {isAlone ? <Alone /> : null}
        {selfOver ? <SelfView over={selfOver} /> : null}
      </div>
      {pages > 1 ? <Pager page={Math.min(page, pages - 1)} pages={pages} onPage={setPage} /> : null}
    </main>
  );
};

const Pager = ({
  page,
  pages,
  onPage,
}: {
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}) => {
  const t = useWords();
  return (
    <nav className={classes.pager} aria-label={t('stage.page', { page: page + 1, pages })}>
      <ActionIcon
        variant="default"
        size={40}
        aria-label={t('stage.previousPage')}
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <span>
        {page + 1} / {pages}
      </span>
      <ActionIcon
        variant="default"
        size={40}
        aria-label={t('stage.nextPage')}
        disabled={page === pages - 1}
        onClick={() => onPage(page + 1)}
      >
        <ChevronRight size={18} aria-hidden />
      </ActionIcon>
    </nav>
  );
};
