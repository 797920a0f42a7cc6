import { useEffect, useState } from 'react';

/** The time in epoch milliseconds, told again every `everyMs`; for "3 minutes ago" and day changes. */
export function useNow(everyMs = 30_000): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
