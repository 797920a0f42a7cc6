import type { AccountId, GroupId, MeetingId, NodeId, ParticipantId, UserId, ZoneId } from '@guildhall/domain';
import type { Random } from '@guildhall/kit';
import {
  AccountIdSchema,
  GroupIdSchema,
  MeetingIdSchema,
  newIdText,
  NodeIdSchema,
  ParticipantIdSchema,
  UserIdSchema,
  ZoneIdSchema,
} from '@guildhall/protocol';

/** Makes the ids of everything the cloud creates. */
export interface Ids {
  account(): AccountId;
  user(): UserId;
  group(): GroupId;
  meeting(): MeetingId;
  participant(): ParticipantId;
  zone(): ZoneId;
  node(): NodeId;
  /** For rows that no other program names: `run_…`, `aud_…`. */
  row(prefix: string): string;
}

const ROW_ID_BYTES = 16;

export function createIds(random: Pick<Random, 'bytes'>): Ids {
  const bytes = (count: number): Uint8Array => random.bytes(count);
  return {
    account: () => AccountIdSchema.parse(newIdText('account', bytes)),
    user: () => UserIdSchema.parse(newIdText('user', bytes)),
    group: () => GroupIdSchema.parse(newIdText('group', bytes)),
    meeting: () => MeetingIdSchema.parse(newIdText('meeting', bytes)),
    participant: () => ParticipantIdSchema.parse(newIdText('participant', bytes)),
    zone: () => ZoneIdSchema.parse(newIdText('zone', bytes)),
    node: () => NodeIdSchema.parse(newIdText('node', bytes)),
    row: (prefix) => `${prefix}_${Buffer.from(bytes(ROW_ID_BYTES)).toString('hex')}`,
  };
}
