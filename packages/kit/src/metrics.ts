import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * The process's own metrics begin with the first scrape: the delay of the event loop is measured by waking up 100 times
 * a second (0.5 % of a core for each process, which an idle one would spend on nothing else), and most are never asked.
 */
class LazyRegistry extends Registry {
  #isCollecting = false;

  override async metrics(): Promise<string> {
    if (!this.#isCollecting) {
      this.#isCollecting = true;
      collectDefaultMetrics({ register: this });
    }
    return super.metrics();
  }
}

/** A registry of its own for each process (or test), with the process's own metrics and its role as a label. */
export function createMetrics(role: string, { processMetrics = true } = {}): Registry {
  const registry = processMetrics ? new LazyRegistry() : new Registry();
  registry.setDefaultLabels({ role });
  return registry;
}
