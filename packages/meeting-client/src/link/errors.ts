import { closeCodes, errorCodes, isErrorCode } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError, type CloseInfo } from '@guildhall/rpc';
import type { MeetingEnd } from '../types.ts';

/** Refusals of a seat: a new one from the zone cures them. */
const seatErrors = new Set(['seat.invalid', 'seat.expired', 'meeting.not-here']);

export const isSeatError = (error: unknown): boolean => isGuildhallError(error) && seatErrors.has(error.code);

/** The zone no longer takes what it once gave: its controller belongs to another zone now, or the token is too old. */
const lostRights = new Set(['rejoin.invalid', 'rejoin.expired']);

/** True when only the portal can open another way in. */
export const isLostRight = (error: unknown): boolean => isGuildhallError(error) && lostRights.has(error.code);

/** True when asking again cannot help: the registry says so. What is not registered is the network's doing. */
export const finalError = (error: unknown): boolean => {
  if (!isGuildhallError(error) || isSeatError(error) || error.code === 'request.cancelled') return false;
  if (!isErrorCode(error.code)) return false;
  const entry = errorCodes[error.code];
  return entry.fault === 'caller' && !entry.retryable;
};

/** What is not ours already becomes `internal`; its own words are for the log, never for a person. */
export const asGuildhallError = (error: unknown): GuildhallError =>
  isGuildhallError(error)
    ? error
    : new GuildhallError('internal', errorCodes.internal.sentence, { cause: error });

/** What a final refusal means for the person. */
export const endOfError = (error: GuildhallError): MeetingEnd => {
  switch (error.code) {
    case 'meeting.removed':
      return { kind: 'removed', error };
    case 'meeting.refused':
      return { kind: 'refused', error };
    case 'meeting.ended':
    case 'meeting.not-found':
      return { kind: 'ended', error };
    case 'link.replaced':
      return { kind: 'replaced', error };
    default:
      return { kind: 'failed', error };
  }
};

const endKinds: Readonly<Record<string, MeetingEnd['kind']>> = {
  removed: 'removed',
  replaced: 'replaced',
  'meeting-ended': 'ended',
  left: 'left',
};

/** What the router meant by closing the link; undefined when the link is to be made again. */
export const endOfClose = (info: CloseInfo): MeetingEnd | undefined => {
  const known = Object.entries(closeCodes).find(([code]) => Number(code) === info.code)?.[1];
  if (!known || known.retry) return undefined;
  const kind = endKinds[known.name];
  if (kind) return { kind };
  return {
    kind: 'failed',
    error: new GuildhallError('link.closed', `The router ended the link (${known.name}).`),
  };
};

/** The router is going away: the zone knows a better one. */
export const routerStopping = 4503;
