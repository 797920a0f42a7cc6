declare const brand: unique symbol;

/** A string that was checked once at the border and cannot be mixed up with another kind of id. */
export type Branded<B extends string> = string & { readonly [brand]: B };

export type AccountId = Branded<'AccountId'>;
export type UserId = Branded<'UserId'>;
export type MeetingId = Branded<'MeetingId'>;
/** One occurrence of a person in a meeting: the same for every reconnect and rejoin of that join. */
export type ParticipantId = Branded<'ParticipantId'>;
/** Some people of an account who are treated alike. */
export type GroupId = Branded<'GroupId'>;
export type ZoneId = Branded<'ZoneId'>;
/** One connector VM. */
export type NodeId = Branded<'NodeId'>;
/** One running `mmr` of a node. */
export type RouterId = Branded<'RouterId'>;
/** One producer: what a person sends from one source. */
export type TrackId = Branded<'TrackId'>;
export type ChatLineId = Branded<'ChatLineId'>;
