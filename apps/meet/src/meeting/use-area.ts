import { useCallback, useState } from 'react';
import type { Area } from '../lib/tile-grid.ts';

/** The size of an element, in CSS pixels, told again when it changes. Give `ref` to the element. */
export const useArea = (): [(element: HTMLElement | null) => (() => void) | undefined, Area] => {
  const [area, setArea] = useState<Area>({ widthPx: 0, heightPx: 0 });
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width, height } = entry.contentRect;
      setArea({ widthPx: Math.floor(width), heightPx: Math.floor(height) });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, area];
};
