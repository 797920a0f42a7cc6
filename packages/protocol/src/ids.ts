import type {
  AccountId,
  Branded,
  ChatLineId,
  GroupId,
  MeetingId,
  NodeId,
  ParticipantId,
  RouterId,
  TrackId,
  UserId,
  ZoneId,
} from '@guildhall/domain';
import { z } from 'zod';

/** The readable prefixes: an id says what it names wherever it turns up, in a log or in an error. */
export const idPrefixes = {
  account: 'acc',
  user: 'usr',
  group: 'grp',
  meeting: 'mtg',
  participant: 'prt',
  zone: 'zon',
  node: 'nod',
  router: 'rtr',
  track: 'trk',
  chatLine: 'cht',
} as const;

export type IdKind = keyof typeof idPrefixes;

/** The one place where a checked string becomes a branded id: the schema is the check. */
const idSchema = <B extends Branded<string>>(kind: IdKind): z.ZodType<B, string> => {
  const prefix = idPrefixes[kind];
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[A-Za-z0-9]{10,40}$`, 'u'), `must be an id that begins with ${prefix}_`)
    .describe(`Id of a ${kind}: ${prefix}_ and 10 to 40 letters or digits`) as unknown as z.ZodType<
    B,
    string
  >;
};

export const AccountIdSchema = idSchema<AccountId>('account');
export const UserIdSchema = idSchema<UserId>('user');
export const GroupIdSchema = idSchema<GroupId>('group');
export const MeetingIdSchema = idSchema<MeetingId>('meeting');
export const ParticipantIdSchema = idSchema<ParticipantId>('participant');
export const ZoneIdSchema = idSchema<ZoneId>('zone');
export const NodeIdSchema = idSchema<NodeId>('node');
export const RouterIdSchema = idSchema<RouterId>('router');
export const TrackIdSchema = idSchema<TrackId>('track');
export const ChatLineIdSchema = idSchema<ChatLineId>('chatLine');

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz';

/**
 * Makes the text of a new id: prefix and 22 characters (about 125 bits) from the bytes given.
 * @param randomBytes injected source of randomness; is asked for 22 bytes
 */
export const newIdText = (kind: IdKind, randomBytes: (count: number) => Uint8Array): string => {
  let text = '';
  for (const byte of randomBytes(22)) text += alphabet[byte % alphabet.length] ?? '0';
  return `${idPrefixes[kind]}_${text}`;
};

/**
 * The id under which a speaker slot is announced (`consumer.added`). It is nobody's: random ids are longer. A client
 * that knows nothing of slots plays it like the voice of somebody, which is all there is to do.
 * @param slot 0 to 9
 */
export const slotParticipantId = (slot: number): ParticipantId =>
  ParticipantIdSchema.parse(`${idPrefixes.participant}_speakerslot${slot}`);

/** The speaker slot an id stands for; undefined for people. */
export const slotOf = (participantId: string): number | undefined => {
  const digit = /^prt_speakerslot(\d)$/u.exec(participantId)?.[1];
  return digit === undefined ? undefined : Number(digit);
};
