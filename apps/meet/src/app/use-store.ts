import type { ReadableStore } from '@guildhall/meeting-client/store';
import { useSyncExternalStore } from 'react';

/** A part of a store; renders again only when that part is another. `select` must not make new objects. */
export const useStore = <T, S>(store: ReadableStore<T>, select: (state: T) => S): S =>
  useSyncExternalStore(
    // oxlint-disable-next-line typescript/unbound-method -- a store's functions are free of `this`
    store.subscribe,
    () => select(store.getSnapshot()),
  );
