import { useEffect, useEffectEvent } from 'react';

const firstMs = 3_000;
/** Everybody's page waits another time: a portal that has just started must not meet all of them at once. */
const spreadMs = 4_000;

/** Calls once the portal answers again, whatever it says. */
export const useBackAgain = (onBack: () => void): void => {
  const call = useEffectEvent(onBack);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(firstMs)]);
        const { status } = await fetch('/robots.txt', { cache: 'no-store', signal });
        if (status < 500) return call();
      } catch {
        // Still away.
      }
      if (!stop.signal.aborted) timer = wait(() => void ask());
    };
    timer = wait(() => void ask());
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
};

const wait = (then: () => void): ReturnType<typeof setTimeout> =>
  setTimeout(then, firstMs + Math.random() * spreadMs);
