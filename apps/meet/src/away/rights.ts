import type { AwayRight } from '@guildhall/meeting-client';
import { keptPasses, keptRejoin } from '@guildhall/rest-client/passes';

/** A right to join this meeting without the portal, and under which name. */
export interface KeptRight extends AwayRight {
  readonly name: string | null;
}

/** What this browser has for a meeting, best first: to come back to the own seat, else to start or join anew. */
export const rightsFor = (number: string, nowMs: number): readonly KeptRight[] => {
  const kept = keptRejoin(number, nowMs);
  const back: KeptRight[] = kept
    ? [
        {
          token: { rejoin: kept.rejoin },
          controllers: kept.controllers,
          meeting: kept.meeting,
          name: kept.name,
        },
      ]
    : [];
  const passes = keptPasses(nowMs)
    .filter(({ meeting }) => meeting.number === number)
    .map(({ pass, controllers, meeting, name }): KeptRight => ({
      token: { pass },
      controllers,
      meeting,
      name,
    }));
  return [...back, ...passes];
};
