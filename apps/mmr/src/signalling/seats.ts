import { verifyToken, type Clock } from '@guildhall/kit';
import { routerAudience, SeatClaims, seatLifetimeMs, type PublicJwk } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { decodeJwt } from 'jose';
import { z } from 'zod';

export interface SeatCheck {
  readonly routerId: string;
  /** Keys of the controllers whose seats are good. */
  readonly keys: () => readonly PublicJwk[];
  readonly clock: Pick<Clock, 'now'>;
}

const codes = { invalid: 'seat.invalid', expired: 'seat.expired' } as const;
const Times = z.object({ iat: z.int().min(0) });

/** @throws seat.invalid, seat.expired */
export const checkSeat = (seat: string, { routerId, keys, clock }: SeatCheck): Promise<SeatClaims> =>
  verifyToken(seat, {
    schema: SeatClaims,
    audience: routerAudience(routerId),
    // The signature decides which controller it was; the issuer's name is only a name.
    keysOf: () => keys(),
    clock,
    codes,
    maxLifetimeMs: seatLifetimeMs,
  });

/**
 * The claims of a seat that is good in all but its time: a seat lives minutes and a meeting hours, and who resumes
 * proves by the session id to have been let in while it was good. Never enough without that.
 * @throws seat.invalid
 */
export const checkSeatOfSession = (seat: string, check: SeatCheck): Promise<SeatClaims> => {
  let iat: number;
  try {
    ({ iat } = Times.parse(decodeJwt(seat)));
  } catch (error) {
    throw new GuildhallError(codes.invalid, 'The seat is not valid on this router. Join again.', {
      cause: error,
    });
  }
  return checkSeat(seat, { ...check, clock: { now: () => iat * 1000 } });
};
