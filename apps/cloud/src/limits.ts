import type { Policy } from '@guildhall/protocol';
import type { ZoneLimits } from './store/port.ts';

/** What holds for the routers of a zone: what it set itself, else the default of this cloud. */
export const limitsIn = (own: ZoneLimits | undefined, standard: Policy['limits']): Policy['limits'] => ({
  participantsPerRouter: own?.participantsPerRouter ?? standard.participantsPerRouter,
  meetingsPerRouter: own?.meetingsPerRouter ?? standard.meetingsPerRouter,
});
