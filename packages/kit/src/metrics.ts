import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry of its own for each process (or test), with the process's own metrics and its role as a label. */
export function createMetrics(role: string, { processMetrics = true } = {}): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return registry;
}
