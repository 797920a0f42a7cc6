import { useEffect, useRef } from 'react';
import { playTrack } from '../lib/play-track.ts';

/** A picture without sound. `name` is what it shows. */
export const Video = ({
  track,
  name,
  className,
  mirrored = false,
}: {
  readonly track: MediaStreamTrack;
  readonly name: string;
  readonly className: string | undefined;
  readonly mirrored?: boolean;
}) => {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    // Refused only while the page is leaving or the track was replaced: then there is nothing to play.
    playTrack(video, track).catch(() => undefined);
  }, [track]);
  useEffect(() => {
    const video = element.current;
    return () => {
      if (video) video.srcObject = null;
    };
  }, []);
  return (
    <video
      ref={element}
      className={className}
      data-mirrored={mirrored || undefined}
      aria-label={name}
      autoPlay
      playsInline
      muted
    />
  );
};
