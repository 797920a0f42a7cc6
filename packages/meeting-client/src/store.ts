/** What a view needs of a store; `useSyncExternalStore` takes it as it is. */
export interface ReadableStore<T> {
  /** The present state: the same object until something in it changes. */
  getSnapshot(): T;
  /** Told after every change. Returns how to stop. */
  subscribe(listener: () => void): () => void;
}

export interface Store<T> extends ReadableStore<T> {
  /** Replaces the named fields; nobody is told when all of them are what they were. */
  patch(fields: Partial<T>): void;
}

/** A store whose listeners are told synchronously, once a change. */
export const createStore = <T extends object>(initial: T): Store<T> => {
  let state = initial;
  const listeners = new Set<() => void>();
  const differs = (next: T): boolean => {
    for (const key in next) if (!Object.is(next[key], state[key])) return true;
    return false;
  };
  return {
    getSnapshot: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    patch: (fields) => {
      const next = { ...state, ...fields };
      if (!differs(next)) return;
      state = next;
      for (const listener of listeners) listener();
    },
  };
};
