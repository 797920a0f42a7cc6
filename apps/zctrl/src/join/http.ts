import type { NodeId } from '@guildhall/domain';
import { networkOf, RateLimiter, type Clock, type RateDecision } from '@guildhall/kit';
import { ZoneJoinRequest, type ZoneJoinAnswer } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PolicyPort } from '../types.ts';
import type { JoinService } from './join-service.ts';

/**
 * Joins that are refused count against their address; those that are let in do not. A whole company may sit behind one
 * address, and after the death of a router all of it comes back within a second.
 */
const refusals = { capacity: 400, refillPerSecond: 20 };
/** A good token is good for one person, and nobody needs more than this to come back through a bad network. */
const joinsOfOne = { capacity: 60, refillPerSecond: 1 };
/** Chromium's upper bound; the answer to a preflight does not change while the page is open. */
const preflightMaxAgeS = 7_200;

interface JoinHttpOptions {
  readonly controllerId: NodeId;
  readonly service: JoinService;
  readonly policy: PolicyPort;
  readonly clock: Clock;
  /** Whether a join could succeed now. */
  readonly isReady: () => boolean;
  readonly onJoin: (outcome: string) => void;
}

/** `POST /v1/join` and `GET /v1/ping` for browsers of the account's pages. */
export function registerJoinRoutes(app: FastifyInstance, options: JoinHttpOptions): void {
  const { policy, service, clock } = options;
  const refused = new RateLimiter({ ...refusals, clock });
  const people = new RateLimiter({ ...joinsOfOne, maxKeys: 100_000, clock });

  app.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store').header('vary', 'origin');
    const { origin } = request.headers;
    // Not a browser, or a page of this very address: nothing to allow, and the tokens decide alone.
    if (origin === undefined) return;
    if (policy.current?.webOrigins.includes(origin)) void reply.header('access-control-allow-origin', origin);
    else if (request.method === 'POST') {
      throw new GuildhallError(
        'request.cross-site',
        'Pages of this origin may not call the zone controller.',
      );
    }
  });

  app.options('/v1/join', (request, reply) => preflight(request, reply, 'POST'));
  app.options('/v1/ping', (request, reply) => preflight(request, reply, 'GET'));

  app.get('/v1/ping', async () => ({ controllerId: options.controllerId, ready: options.isReady() }));

  app.post('/v1/join', async (request): Promise<ZoneJoinAnswer> => {
    try {
      assertWithin(refused.check(networkOf(request.ip)), 'Too many refused joins from this address.');
      const answer = await service.join(readRequest(request.body)).catch((error: unknown) => {
        if (isOwnFault(error)) refused.take(networkOf(request.ip));
        throw error;
      });
      assertWithin(people.take(answer.participantId), 'Too many joins with this right to join.');
      options.onJoin('ok');
      return answer;
    } catch (error) {
      options.onJoin(error instanceof GuildhallError ? error.code : 'internal');
      throw error;
    }
  });
}

/** A zone without room is not the fault of who asks, and the next answer must say so again. */
function isOwnFault(error: unknown): boolean {
  return !isGuildhallError(error) || !error.code.startsWith('zone.');
}

function assertWithin(decision: RateDecision, what: string): void {
  if (decision.ok) return;
  const { retryAfterMs } = decision;
  throw new GuildhallError('rate.limited', `${what} Wait a moment and try again.`, { retryAfterMs });
}

function readRequest(body: unknown): ZoneJoinRequest {
  const read = ZoneJoinRequest.safeParse(body);
  if (read.success) return read.data;
  const sentence = 'Send exactly one of ticket, rejoin and pass, a signed token.';
  throw new GuildhallError('request.invalid', sentence, { field: fieldOf(body) });
}

function fieldOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const keys = Object.keys(body);
  const unknown = keys.find((key) => !['ticket', 'rejoin', 'pass'].includes(key));
  return (unknown ?? keys[0])?.slice(0, 40);
}

async function preflight(request: FastifyRequest, reply: FastifyReply, method: string): Promise<void> {
  // Only with the origin allowed above does the browser look at the rest.
  void reply
    .code(204)
    .header('access-control-allow-methods', method)
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', preflightMaxAgeS);
  // A page of a public portal calls an address inside the company (https://wicg.github.io/private-network-access/).
  if (request.headers['access-control-request-private-network'] === 'true') {
    void reply.header('access-control-allow-private-network', 'true');
  }
  await reply.send();
}
