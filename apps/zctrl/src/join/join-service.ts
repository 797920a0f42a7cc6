import type { MeetingSpec, ParticipantId } from '@guildhall/domain';
import type { Clock, PrivateKeyJwk } from '@guildhall/kit';
import type { NodeIdentity, Policy, ZoneJoinAnswer, ZoneJoinRequest } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Located, MeetingStorePort, PolicyPort } from '../types.ts';
import { readPass, readRejoin, readTicket, signRejoin, signSeat, type Guest } from './tokens.ts';

interface JoinOptions {
  readonly identity: Pick<NodeIdentity, 'nodeId' | 'accountId'> & { readonly key: PrivateKeyJwk };
  readonly policy: PolicyPort;
  readonly directory: {
    locate(
      meeting: MeetingSpec,
      asker: { participantId: ParticipantId; isReturn: boolean },
    ): Promise<Located>;
  };
  readonly store: Pick<MeetingStorePort, 'endedOnPurposeAtMs'>;
  readonly clock: Clock;
}

export interface JoinService {
  /**
   * Where to go, and the right to go there.
   * @throws GuildhallError `zone.*`, `ticket.*`, `rejoin.*`, `pass.*`, `meeting.ended`, `store.unavailable`
   */
  join(request: ZoneJoinRequest): Promise<ZoneJoinAnswer>;
}

export function createJoinService(options: JoinOptions): JoinService {
  const { policy, directory } = options;
  return {
    async join(request) {
      const current = policy.current;
      if (!current) {
        throw new GuildhallError(
          'zone.no-policy',
          'This zone controller has not received its policy from the cloud yet. Try again in a moment.',
          { retryAfterMs: 1_000 },
        );
      }
      const isReturn = 'rejoin' in request;
      const guest = await readGuest(request, current, options);
      const { router } = await directory.locate(guest.meeting, {
        participantId: guest.participantId,
        isReturn,
      });
      const [seat, rejoin] = await Promise.all([
        signSeat(guest, router.routerId, options),
        signRejoin(guest, options),
      ]);
      return {
        meetingId: guest.meeting.meetingId,
        participantId: guest.participantId,
        routerId: router.routerId,
        routerUrls: [...router.signallingUrls],
        seat,
        rejoin,
      };
    },
  };
}

async function readGuest(request: ZoneJoinRequest, policy: Policy, options: JoinOptions): Promise<Guest> {
  if ('rejoin' in request) return readReturn(request.rejoin, policy, options);
  if ('pass' in request) return readPass(request.pass, policy, options);
  return readTicket(request.ticket, policy, options);
}

/** A meeting that was ended for all stays ended for those who were in it; the host starts it anew through the cloud. */
async function readReturn(rejoin: string, policy: Policy, options: JoinOptions): Promise<Guest> {
  const claims = await readRejoin(rejoin, policy, options);
  const endedAtMs = options.store.endedOnPurposeAtMs(claims.meeting.meetingId);
  if (endedAtMs !== null && claims.iat * 1000 <= endedAtMs) {
    throw new GuildhallError('meeting.ended', 'This meeting has ended.');
  }
  return claims;
}
