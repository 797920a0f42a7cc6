import { Accepted, DrainRouterRequest, NodeIdSchema } from '@guildhall/protocol';
import { z } from 'zod';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { App } from '../web/types.ts';
import { doc } from './doc.ts';
import type { ConnectorServices } from './types.ts';

const Params = z.strictObject({ nodeId: NodeIdSchema });

/** Emptying a router before it is updated or switched off. How far it is, monitoring shows. */
export function addDrainRoutes(app: App, services: ConnectorServices): void {
  const { store, callers, bus, controllers } = services;

  app.post(
    '/api/v1/connector/nodes/:nodeId/drain',
    {
      schema: doc(
        'Move the meetings of a router to the others and give it no new ones, or stop that',
        Accepted,
        {
          params: Params,
          body: DrainRouterRequest,
        },
      ),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const { nodeId } = request.params;
      const node = await store.connectors.node(nodeId);
      if (node?.accountId !== caller.accountId) throw refuse('not-found', { field: 'nodeId' });
      const live = controllers.ofZone(node.zoneId).flatMap(({ routers }) => routers);
      if (!live.some((router) => router.nodeId === nodeId)) throw refuse('service.not-running');
      const { action, deadlineMs, atDeadline } = request.body;
      // Nobody may believe that something ends while no time for it is set.
      if (atDeadline === 'end' && deadlineMs === undefined)
        throw refuse('request.invalid', { field: 'deadlineMs' });
      const draining = action === 'start';
      bus.publish('router.drain', {
        zoneId: node.zoneId,
        nodeId,
        draining,
        ...(deadlineMs !== undefined && { deadlineMs }),
        // Only when it is asked for: a zone of before does not know the word.
        ...(atDeadline === 'end' && { atDeadline }),
      });
      await audit(services, caller, draining ? 'connector.drain' : 'connector.drain-cancelled', node.name);
      return {};
    },
  );
}
