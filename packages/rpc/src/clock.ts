/** A running timer; `cancel` is idempotent. */
export interface TimerHandle {
  cancel(): void;
}

/** The time a link needs. Structural, so that the server floor's clocks conform without this package knowing them. */
export interface LinkClock {
  /** Wall clock, epoch milliseconds. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
}

/** The randomness a link needs (jitter only, never secrets). */
export interface LinkRandom {
  /** Uniform in [0, 1). */
  float(): number;
}

/** Where a link tells the operator something; pino loggers conform. */
export interface LinkLogger {
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** The platform's own clock; works in browsers and in Node. */
export const platformClock: LinkClock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => {
    const id = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(id) };
  },
};

/** The platform's own randomness; works in browsers and in Node. */
export const platformRandom: LinkRandom = { float: () => Math.random() };
