import { monitorEventLoopDelay } from 'node:perf_hooks';

// Each sample wakes the process: ten a second are enough for a mean that is judged over seconds.
const resolutionMs = 100;

/**
 * How late this process gets to its work, in milliseconds: the mean since the last call. The mean and not a percentile:
 * one pause of the garbage collector is no overload, and on a shared machine the worst of ten is often bad.
 */
export const watchLoopDelay = (): { take: () => number; close: () => void } => {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return {
    take: () => {
      // Nanoseconds, the period of its own timer included; not a number before the first sample.
      const meanMs = delays.mean / 1e6 - resolutionMs;
      delays.reset();
      return Number.isFinite(meanMs) ? Math.max(0, meanMs) : 0;
    },
    close: () => void delays.disable(),
  };
};
