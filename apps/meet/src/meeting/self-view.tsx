import { CornerDownRight } from 'lucide-react';
import { useState, type PointerEvent } from 'react';
import type { Box } from '../lib/tile-grid.ts';
import { useWords } from '../words/words.ts';
import { useMeeting } from './context.ts';
import classes from './meeting.module.css';
import { OwnPicture, placeOf, useSpeaking } from './tile.tsx';
import type { ParticipantView } from '@guildhall/domain';

const corners = ['bottom-right', 'bottom-left', 'top-left', 'top-right'] as const;
type Corner = (typeof corners)[number];

/** The own picture, small, in a corner of the tile `over` which it hovers: drag it to another, or press its button. */
export const SelfView = ({ over }: { readonly over: Box }) => {
  const selfId = useMeeting((state) => state.selfId);
  const self = useMeeting((state) => state.view?.participants.find((one) => one.participantId === selfId));
  if (!self) return null;
  return (
    <div className={classes.over} style={placeOf(over)}>
      <Floating self={self} />
    </div>
  );
};

const Floating = ({ self }: { readonly self: ParticipantView }) => {
  const t = useWords();
  const isSpeaking = useSpeaking(self);
  const [corner, setCorner] = useState<Corner>('bottom-right');
  const [drag, setDrag] = useState<{ fromX: number; fromY: number; dx: number; dy: number } | null>(null);

  const begin = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button'))) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ fromX: event.clientX, fromY: event.clientY, dx: 0, dy: 0 });
  };
  const move = (event: PointerEvent): void => {
    if (drag) setDrag({ ...drag, dx: event.clientX - drag.fromX, dy: event.clientY - drag.fromY });
  };
  const drop = (event: PointerEvent<HTMLDivElement>): void => {
    const place = event.currentTarget.parentElement?.getBoundingClientRect();
    if (drag && place) setCorner(nearest(event.clientX, event.clientY, place));
    setDrag(null);
  };

  return (
    <div
      className={classes.self}
      data-corner={corner}
      data-dragging={drag !== null || undefined}
      data-speaking={isSpeaking || undefined}
      style={drag ? { transform: `translate(${drag.dx}px, ${drag.dy}px)` } : undefined}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={() => setDrag(null)}
    >
      <OwnPicture person={self} />
      <button
        type="button"
        className={classes.moveSelf}
        aria-label={t('stage.moveSelf')}
        title={t('stage.moveSelf')}
        onClick={() => setCorner(corners[(corners.indexOf(corner) + 1) % corners.length] ?? 'bottom-right')}
      >
        <CornerDownRight size={16} aria-hidden />
      </button>
    </div>
  );
};

const nearest = (x: number, y: number, place: DOMRect): Corner => {
  const vertical = y < place.top + place.height / 2 ? 'top' : 'bottom';
  const horizontal = x < place.left + place.width / 2 ? 'left' : 'right';
  return `${vertical}-${horizontal}`;
};
