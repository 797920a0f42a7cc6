import { useEffect, useRef } from 'react';
import { watchLevel } from '../devices/level.ts';
import classes from './prejoin.module.css';

const BARS = 8;

/** How loud the microphone hears now. Written straight to the page: 20 times a second is no work for React. */
export const LevelMeter = ({ track }: { readonly track: MediaStreamTrack | null }) => {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const meter = element.current;
    if (!meter) return undefined;
    const show = (level: number): void => {
      const lit = Math.round(level * BARS);
      for (const [index, bar] of [...meter.children].entries()) bar.toggleAttribute('data-lit', index < lit);
    };
    show(0);
    return track ? watchLevel(track, show) : undefined;
  }, [track]);
  return (
    <div ref={element} className={classes.meter} aria-hidden>
      {Array.from({ length: BARS }, (_, bar) => (
        <span key={bar} />
      ))}
    </div>
  );
};
