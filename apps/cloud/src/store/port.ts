import type { Account, Accounts, Authority } from './accounts.ts';
import type { Audit } from './audit.ts';
import type { Connectors, StoredNode, StoredZone } from './connector.ts';
import type { History } from './history.ts';
import type { SigningKeys } from './keys.ts';
import type { Meetings, MeetingPlan, PageCursor, StoredMeeting } from './meetings.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import type { StoredUser, Users } from './users.ts';

/** What the rest of the cloud knows of its database. Every method may throw GuildhallError store.unavailable. */
export interface Store {
  readonly accounts: Accounts;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly meetings: Meetings;
  readonly connectors: Connectors;
  readonly keys: SigningKeys;
  readonly history: History;
  readonly audit: Audit;
  /**
   * One transaction, and one process of the installation at a time: for the first start. Inside, only the store given
   * may be used, and of it what opens no transaction of its own (inserts and reads).
   */
  alone<T>(work: (store: Store) => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export type {
  Account,
  Authority,
  MeetingPlan,
  OpenSession,
  PageCursor,
  StoredMeeting,
  StoredNode,
  StoredUser,
  StoredZone,
};
