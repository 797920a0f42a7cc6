import { useComputedColorScheme, useMantineColorScheme, type MantineColorSchemeManager } from '@mantine/core';
import { readChoice, writeChoice } from '../storage.ts';

/** `auto` follows the system. */
export type Appearance = 'auto' | 'light' | 'dark';

const KEY = 'guildhall.appearance';

const isAppearance = (value: unknown): value is Appearance =>
  value === 'auto' || value === 'light' || value === 'dark';

/** Like the library's own manager, but survives a browser without storage and tells other tabs. */
export function createAppearanceManager(): MantineColorSchemeManager {
  let onStorage: ((event: StorageEvent) => void) | undefined;
  return {
    get: (fallback) => {
      const stored = readChoice(KEY);
      return isAppearance(stored) ? stored : fallback;
    },
    set: (value) => writeChoice(KEY, value),
    subscribe: (onUpdate) => {
      onStorage = (event) => {
        if (event.key === KEY && isAppearance(event.newValue)) onUpdate(event.newValue);
      };
      window.addEventListener('storage', onStorage);
    },
    unsubscribe: () => {
      if (onStorage) window.removeEventListener('storage', onStorage);
    },
    clear: () => writeChoice(KEY, 'auto'),
  };
}

/** The chosen appearance, what it comes to now, and the switch. */
export function useAppearance(): {
  readonly appearance: Appearance;
  readonly shown: 'light' | 'dark';
  readonly setAppearance: (next: Appearance) => void;
} {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme('light');
  return { appearance: colorScheme, shown, setAppearance: setColorScheme };
}
