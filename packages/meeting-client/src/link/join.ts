import { JoinAnswer, ZoneJoinAnswer, type ZoneJoinRequest } from '@guildhall/protocol';
import type { ClientDeps } from '../deps.ts';
import { finalError } from './errors.ts';
import { postJson } from './http.ts';
import { raceWays, within, type Way } from './race.ts';

const CLOUD_LIMIT_MS = 15_000;
const ZONE_LIMIT_MS = 8_000;

export interface JoinWish {
  /** Where the portal is: scheme and host, without a slash at the end. */
  readonly portalUrl: string;
  readonly number: string;
  readonly name?: string | undefined;
  readonly passcode?: string | undefined;
  /** Size in device pixels in which everybody's picture is wanted until `want` says better; default: nothing is. */
  readonly firstTiles?: { readonly widthPx: number; readonly heightPx: number } | undefined;
}

/** Asks the cloud whether. @throws GuildhallError its refusal */
export const askCloud = (deps: ClientDeps, wish: JoinWish, signal: AbortSignal): Promise<JoinAnswer> => {
  const url = `${wish.portalUrl}/api/v1/meetings/${encodeURIComponent(wish.number)}/join`;
  const body = {
    ...(wish.name ? { name: wish.name } : {}),
    ...(wish.passcode ? { passcode: wish.passcode } : {}),
  };
  return within(CLOUD_LIMIT_MS, 'The portal', deps.clock, signal, (stop) =>
    postJson(deps.fetch, url, JoinAnswer, body, { signal: stop, credentials: 'same-origin' }),
  );
};

/** Asks every controller of the zone at once; the first seat wins. @throws GuildhallError the first refusal */
export const askZone = (
  deps: ClientDeps,
  controllers: readonly string[],
  token: ZoneJoinRequest,
  signal: AbortSignal,
): Promise<ZoneJoinAnswer> => {
  const ways = controllers.map(
    (controller): Way<ZoneJoinAnswer> =>
      (stop) =>
        postJson(deps.fetch, `${controller.replace(/\/$/u, '')}/v1/join`, ZoneJoinAnswer, token, {
          signal: stop,
          credentials: 'omit',
        }),
  );
  return within(ZONE_LIMIT_MS, 'The zone controller', deps.clock, signal, (stop) =>
    raceWays(ways, stop, finalError),
  );
};
