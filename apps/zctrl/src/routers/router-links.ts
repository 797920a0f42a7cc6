import type { IncomingMessage, Server } from 'node:http';
import type { NodeId } from '@guildhall/domain';
import { UsedTokens, verifyNodeProof } from '@guildhall/kit';
import { errorCodes, isErrorCode, NodeProofClaims } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { attachWsServer } from '@guildhall/rpc/ws-server';
import { routerLinkPath } from './zone-controllers.ts';
import { maxRouterMessageBytes, RouterSession, type RouterSessionDeps } from './router-session.ts';

interface RouterLinks {
  readonly count: number;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Serves `/v1/router`, where the routers of the zone dial in and prove which node they run on. */
export function serveRouterLinks(server: Server, deps: RouterSessionDeps): RouterLinks {
  const { policy, clock, logger } = deps;
  const seen = new UsedTokens(clock);
  const sessions = new Set<RouterSession>();

  const authorize = async (request: IncomingMessage): Promise<NodeId> => {
    const claims = await verifyNodeProof(request.headers.authorization, {
      schema: NodeProofClaims,
      audience: 'zctrl',
      keysOf: (nodeId) => keysOfNode(deps, nodeId),
      seen,
      clock,
    });
    if (claims.sub !== 'mmr') {
      throw new GuildhallError('node.bad-proof', 'Only multimedia routers may open this link.');
    }
    return claims.iss;
  };

  const handle = attachWsServer<NodeId>({
    server,
    path: routerLinkPath,
    maxPayloadBytes: maxRouterMessageBytes,
    maxConnections: 500,
    // A host that vanishes says nothing: its router is given up after 1.6 to 2.4 s of silence.
    heartbeatMs: 800,
    // Pages never dial this link, whatever credentials they got hold of.
    checkOrigin: (origin) => origin === undefined,
    authorize,
    statusOf: (code) => (isErrorCode(code) ? errorCodes[code].http : 403),
    onConnection: (pipe, { identity: nodeId }) => {
      const session = new RouterSession(pipe, nodeId, deps);
      sessions.add(session);
      void session.closed.then(() => sessions.delete(session));
    },
    logger,
  });

  const stopWatching = policy.onChange((current) => {
    const known = new Set(current.nodes.map((node) => node.nodeId));
    for (const session of sessions) {
      if (known.has(session.nodeId)) session.tellKeys(current);
      else session.close(4403, 'the node was removed from the account');
    }
  });

  return {
    get count() {
      return handle.connections;
    },
    async close() {
      stopWatching();
      await handle.close();
    },
  };
}

function keysOfNode({ policy }: RouterSessionDeps, nodeId: string) {
  const current = policy.current;
  if (!current) throw new GuildhallError('zone.no-policy', 'This zone controller has no policy yet.');
  const node = current.nodes.find((candidate) => candidate.nodeId === nodeId);
  if (!node) {
    throw new GuildhallError(
      'node.unknown',
      'This node is not enrolled, or was removed from the account. Pair it again with the connector token.',
    );
  }
  return [node.publicKey];
}
