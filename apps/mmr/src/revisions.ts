import type { Revision } from '@guildhall/protocol';
import type { LoggedChanges } from './types.ts';

/** A revision as it crosses between routers. */
export const toRevision = ({ rev, changes }: LoggedChanges): Revision => ({
  rev,
  all: [...changes.all],
  moderators: [...changes.moderators],
  only: Array.from(changes.only, ([participantId, own]) => ({ participantId, changes: [...own] })),
});

export const fromRevision = ({ rev, all, moderators, only }: Revision): LoggedChanges => ({
  rev,
  changes: {
    all,
    moderators,
    only: new Map(only.map(({ participantId, changes }) => [participantId, changes])),
  },
});
