import { useEffect, useRef } from 'react';

/** A new page starts where reading starts: at its content (`main`), for the keyboard and for screen readers. */
export function useFocusOnPage(path: string): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [path]);
}
