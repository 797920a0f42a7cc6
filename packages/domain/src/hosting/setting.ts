/** On the account's own connector, or outside of it (where meetings are held without one). */
export const hostingPlaces = ['on-premises', 'elsewhere'] as const;
export type HostingPlace = (typeof hostingPlaces)[number];

export interface AccountHosting {
  readonly place: HostingPlace;
  /** Groups and people cannot choose otherwise. */
  readonly locked: boolean;
}

export interface GroupHosting {
  readonly name: string;
  /** Null: as the account. */
  readonly place: HostingPlace | null;
  /** Its people cannot choose otherwise. Means nothing while `place` is null. */
  readonly locked: boolean;
}

export interface HostingSettings {
  readonly account: AccountHosting;
  /** A person is in one group at most, so that two groups never contradict each other. */
  readonly group: GroupHosting | null;
  /** The person's own; null: as the group or the account. */
  readonly user: HostingPlace | null;
}

/** Which level decided, and whether the levels below were kept from deciding. */
export type HostingReason =
  | { readonly code: 'account-locked' }
  | { readonly code: 'group-locked'; readonly group: string }
  | { readonly code: 'user' }
  | { readonly code: 'group'; readonly group: string }
  | { readonly code: 'account' };

export interface EffectiveHosting {
  readonly place: HostingPlace;
  readonly reason: HostingReason;
}

/** Where the meetings of a person are hosted: the nearest level that says something, unless a higher one is locked. */
export function effectiveHosting({ account, group, user }: HostingSettings): EffectiveHosting {
  if (account.locked) return { place: account.place, reason: { code: 'account-locked' } };
  const ofGroup = group?.place ?? null;
  if (group?.locked === true && ofGroup !== null)
    return { place: ofGroup, reason: { code: 'group-locked', group: group.name } };
  if (user !== null) return { place: user, reason: { code: 'user' } };
  if (group && ofGroup !== null) return { place: ofGroup, reason: { code: 'group', group: group.name } };
  return { place: account.place, reason: { code: 'account' } };
}
