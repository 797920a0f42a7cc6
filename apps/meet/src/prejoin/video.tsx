import { useEffect, useRef } from 'react';

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
    if (!video) return undefined;
    video.srcObject = new MediaStream([track]);
    // Refused only while the page is leaving or the track was replaced: then there is nothing to play.
    video.play().catch(() => undefined);
    return () => {
      video.srcObject = null;
    };
  }, [track]);
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
