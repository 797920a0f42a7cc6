import type { NodeId } from '@guildhall/domain';
import type { Logger } from '@guildhall/kit';
import type { DrainDeadline } from '@guildhall/protocol';
import type { RegistryPort } from '../types.ts';

export interface DrainOrder extends DrainDeadline {
  readonly nodeId: NodeId;
  readonly draining: boolean;
}

/**
 * Hands the order on to the router of this node, which then says in its reports that it drains. A router whose link is
 * to another controller only is told by that one: the cloud tells every controller of the zone.
 */
export async function drainRouter(
  { nodeId, ...order }: DrainOrder,
  { registry, logger }: { readonly registry: RegistryPort; readonly logger: Logger },
): Promise<void> {
  const router = registry.all().find((one) => one.nodeId === nodeId);
  if (!router) return;
  try {
    await router.link.drain(order);
  } catch (error) {
    logger.warn({ err: error, nodeId, draining: order.draining }, 'a router could not be told to drain');
  }
}
