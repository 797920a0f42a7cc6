import type { Server } from 'node:http';
import type { NodeId } from '@guildhall/domain';
import {
  signToken,
  UsedTokens,
  verifyNodeProof,
  verifyToken,
  type Clock,
  type Logger,
  type PrivateKeyJwk,
  type Random,
} from '@guildhall/kit';
import {
  errorCodes,
  features,
  isErrorCode,
  NodeProofClaims,
  pairAudience,
  PairProofClaims,
  pairProofLifetimeMs,
  productVersion,
  protocolVersions,
  speaksProtocol,
  type NodeIdentity,
  type Policy,
} from '@guildhall/protocol';
import { GuildhallError, type Pipe } from '@guildhall/rpc';
import { attachWsServer, type WsServerHandle } from '@guildhall/rpc/ws-server';
import type { PolicyPort } from '../types.ts';
import {
  acceptPair,
  dialPair,
  maxPairMessageBytes,
  type Hello,
  type HelloBack,
  type PairService,
  type PairSession,
} from './pair-session.ts';

export const pairPath = '/v1/pair';
const helloWithinMs = 5_000;

export interface PairDoorOptions {
  readonly identity: Pick<NodeIdentity, 'nodeId'> & { readonly key: PrivateKeyJwk };
  readonly policy: PolicyPort;
  readonly service: PairService;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Serves `/v1/pair`, where the other controller of the zone dials in, proves itself and has us prove ourselves. */
export function servePair(
  server: Server,
  options: PairDoorOptions & { readonly onSession: (session: PairSession) => void },
): WsServerHandle {
  const { policy, clock, logger, identity } = options;
  const seen = new UsedTokens(clock);
  return attachWsServer<NodeId>({
    server,
    path: pairPath,
    maxPayloadBytes: maxPairMessageBytes,
    maxConnections: 8,
    checkOrigin: (origin) => origin === undefined,
    authorize: async (request) => {
      const claims = await verifyNodeProof(request.headers.authorization, {
        schema: NodeProofClaims,
        audience: 'zctrl',
        keysOf: (nodeId) => [otherController(policy.current, identity.nodeId, nodeId).publicKey],
        seen,
        clock,
      });
      if (claims.sub === 'zctrl') return claims.iss;
      throw new GuildhallError('node.bad-proof', 'Only the other zone controller may open this link.');
    },
    statusOf: (code) => (isErrorCode(code) ? errorCodes[code].http : 403),
    onConnection: (pipe, { identity: remote }) => {
      const hello = (input: Hello): Promise<HelloBack> => answerHello(input, remote, options);
      const peer = acceptPair({ pipe, ...options }, remote, hello, (session) => {
        timer.cancel();
        options.onSession(session);
      });
      const timer = clock.setTimeout(() => peer.close(4408, 'no hello'), helloWithinMs);
      void peer.closed.then(() => timer.cancel());
    },
    logger,
  });
}

/** Says hello on a pipe that was dialled. @throws GuildhallError `node.bad-proof` when it is not the other controller */
export async function greetPair(pipe: Pipe, options: PairDoorOptions): Promise<PairSession> {
  const { identity, policy, clock, random } = options;
  const challenge = Buffer.from(random.bytes(24)).toString('base64url');
  const hello = {
    protocol: protocolVersions.max,
    features: [...features],
    nodeId: identity.nodeId,
    version: productVersion,
    policyRev: policy.current?.rev ?? -1,
    challenge,
  };
  return dialPair({ pipe, ...options }, hello, async ({ nodeId, proof }) => {
    const claims = await verifyToken(proof, {
      schema: PairProofClaims,
      audience: pairAudience(identity.nodeId),
      keysOf: (issuer) => [otherController(policy.current, identity.nodeId, issuer).publicKey],
      clock,
      codes: { invalid: 'node.bad-proof', expired: 'node.bad-proof' },
      maxLifetimeMs: pairProofLifetimeMs,
    });
    if (claims.challenge !== challenge || claims.iss !== nodeId) throw badProof();
    return claims.iss;
  });
}

async function answerHello(
  input: Hello,
  remote: NodeId,
  { identity, policy, clock }: PairDoorOptions,
): Promise<HelloBack> {
  if (!speaksProtocol(input.protocol)) {
    const { min, max } = protocolVersions;
    const sentence = `The other controller speaks protocol ${input.protocol}, this one ${min} to ${max}. Update the older one.`;
    throw new GuildhallError('protocol.version', sentence);
  }
  if (input.nodeId !== remote) throw badProof();
  const proof = await signToken({
    key: identity.key,
    issuer: identity.nodeId,
    audience: pairAudience(remote),
    typ: 'pair-proof',
    lifetimeMs: pairProofLifetimeMs,
    claims: { challenge: input.challenge },
    clock,
  });
  return {
    nodeId: identity.nodeId,
    version: productVersion,
    policyRev: policy.current?.rev ?? -1,
    proof,
  };
}

/** By the policy, and never this controller itself, however its own address got into the list. */
function otherController(current: Policy | undefined, self: NodeId, nodeId: string): Policy['nodes'][number] {
  if (!current) throw new GuildhallError('zone.no-policy', 'This zone controller has no policy yet.');
  const node = current.nodes.find((one) => one.nodeId === nodeId && one.role === 'controller');
  if (node && nodeId !== self) return node;
  throw new GuildhallError(
    'node.unknown',
    'This node is no other zone controller of this zone. Pair it again with the connector token.',
  );
}

const badProof = (): GuildhallError =>
  new GuildhallError(
    'node.bad-proof',
    'The other zone controller did not prove itself. Pair the node again.',
  );
