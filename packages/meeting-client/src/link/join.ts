import { errorCodes, JoinAnswer, ZoneJoinAnswer, type ZoneJoinRequest } from '@guildhall/protocol';
import { GuildhallError, isGuildhallError } from '@guildhall/rpc';
import type { ClientDeps } from '../deps.ts';
import { finalError, isLostRight } from './errors.ts';
import { postJson } from './http.ts';
import { raceWays, within, type Way } from './race.ts';

const CLOUD_LIMIT_MS = 15_000;
/** With another way in nobody waits long for a portal that does not answer. */
const CLOUD_LIMIT_WITH_RIGHT_MS = 2_000;
const ZONE_LIMIT_MS = 8_000;

/** How to get in: what to show to which controllers, and to which meeting. */
export interface AwayRight {
  readonly token: ZoneJoinRequest;
  readonly controllers: readonly string[];
  readonly meeting: JoinAnswer['meeting'];
}

export interface JoinWish {
  /** Where the portal is: scheme and host, without a slash at the end. */
  readonly portalUrl: string;
  readonly number: string;
  readonly name?: string | undefined;
  readonly passcode?: string | undefined;
  /** Size in device pixels in which everybody's picture is wanted until `want` says better; default: nothing is. */
  readonly firstTiles?: { readonly widthPx: number; readonly heightPx: number } | undefined;
  /** Rights kept from before, best first; used only when the portal does not answer. */
  readonly away?: readonly AwayRight[] | undefined;
  /** Told at every new link what lets this person come back without the portal. A secret. */
  readonly onRight?: ((right: AwayRight) => void) | undefined;
}

const askCloud = (deps: ClientDeps, wish: JoinWish, signal: AbortSignal): Promise<JoinAnswer> => {
  const url = `${wish.portalUrl}/api/v1/meetings/${encodeURIComponent(wish.number)}/join`;
  const body = {
    ...(wish.name ? { name: wish.name } : {}),
    ...(wish.passcode ? { passcode: wish.passcode } : {}),
  };
  const limitMs = wish.away?.length ? CLOUD_LIMIT_WITH_RIGHT_MS : CLOUD_LIMIT_MS;
  return within(limitMs, 'The portal', deps.clock, signal, (stop) =>
    postJson(deps.fetch, url, JoinAnswer, body, { signal: stop, credentials: 'same-origin' }),
  );
};

/** No answer, or one that says it cannot decide now. A refusal is an answer. */
const isAway = (error: unknown): boolean =>
  isGuildhallError(error) &&
  ['link.unreachable', 'request.timeout', 'store.unavailable'].includes(error.code);

/**
 * Asks the cloud whether; only when it does not answer, what was kept from before counts.
 * @returns the ways in, best first
 * @throws GuildhallError the cloud's refusal, `portal.away` when it does not answer and nothing was kept
 */
export const askWhether = async (
  deps: ClientDeps,
  wish: JoinWish,
  signal: AbortSignal,
): Promise<readonly AwayRight[]> => {
  try {
    const { ticket, controllers, meeting } = await askCloud(deps, wish, signal);
    return [{ token: { ticket }, controllers, meeting }];
  } catch (error) {
    if (signal.aborted || !isAway(error)) throw error;
    if (wish.away?.length) return wish.away;
    throw new GuildhallError('portal.away', errorCodes['portal.away'].sentence, { cause: error });
  }
};

/** Asks the portal once more, for somebody who was in the meeting already. @throws GuildhallError its refusal */
export const askAgain = async (deps: ClientDeps, wish: JoinWish, signal: AbortSignal): Promise<AwayRight> => {
  const { ticket, controllers, meeting } = await askCloud(deps, wish, signal);
  return { token: { ticket }, controllers, meeting };
};

/**
 * Asks every controller of the zone at once; the first seat wins. A controller that does not know the token decides
 * nothing as long as another may: it may have been moved to another zone alone.
 * @throws GuildhallError the first refusal
 */
export const askZone = async (
  deps: ClientDeps,
  controllers: readonly string[],
  token: ZoneJoinRequest,
  signal: AbortSignal,
): Promise<ZoneJoinAnswer> => {
  let lostRight: unknown;
  const ways = controllers.map((controller): Way<ZoneJoinAnswer> => async (stop) => {
    const url = `${controller.replace(/\/$/u, '')}/v1/join`;
    try {
      return await postJson(deps.fetch, url, ZoneJoinAnswer, token, { signal: stop, credentials: 'omit' });
    } catch (error) {
      if (isLostRight(error)) lostRight ??= error;
      throw error;
    }
  });
  const isFinal = (error: unknown): boolean => finalError(error) && !isLostRight(error);
  try {
    return await within(ZONE_LIMIT_MS, 'The zone controller', deps.clock, signal, (stop) =>
      raceWays(ways, stop, isFinal),
    );
  } catch (error) {
    throw isFinal(error) ? error : (lostRight ?? error);
  }
};
