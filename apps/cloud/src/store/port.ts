import type { Account, Accounts, Authority } from './accounts.ts';
import type { AlertStore, DeliveryOutcome, DueDelivery, StoredRule } from './alerts.ts';
import type { Audit, AuditLine } from './audit.ts';
import type { Claims } from './claims.ts';
import type { Connectors, StoredNode, StoredZone } from './connector.ts';
import type { Events } from './events.ts';
import type { History } from './history.ts';
import type { Hosting, StoredGroup } from './hosting.ts';
import type { SigningKeys } from './keys.ts';
import type { Meetings, MeetingPlan, PageCursor, StoredMeeting } from './meetings.ts';
import type { LogCursor, LogQuery } from './log-page.ts';
import type { Monitored } from './monitored.ts';
import type { Passes } from './passes.ts';
import type { Metric, Sample, Samples } from './samples.ts';
import type { AlertDeliveryTable, AlertTargetTable, EventTable } from './schema.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import type { StoredUser, Users } from './users.ts';
import type { MeetingZone, StoredZoneRules, ZoneLimits, Zones } from './zones.ts';

/** What the rest of the cloud knows of its database. Every method may throw GuildhallError store.unavailable. */
export interface Store {
  readonly accounts: Accounts;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly meetings: Meetings;
  readonly connectors: Connectors;
  readonly hosting: Hosting;
  readonly zones: Zones;
  readonly claims: Claims;
  readonly keys: SigningKeys;
  readonly history: History;
  readonly audit: Audit;
  readonly passes: Passes;
  readonly samples: Samples;
  readonly events: Events;
  readonly monitored: Monitored;
  readonly alerts: AlertStore;
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
  AlertDeliveryTable as StoredDelivery,
  AlertTargetTable as StoredTarget,
  AuditLine,
  DeliveryOutcome,
  DueDelivery,
  StoredRule,
  Authority,
  EventTable as StoredEvent,
  LogCursor,
  LogQuery,
  Metric,
  Sample,
  MeetingPlan,
  MeetingZone,
  OpenSession,
  PageCursor,
  StoredGroup,
  StoredMeeting,
  StoredNode,
  StoredUser,
  StoredZone,
  StoredZoneRules,
  ZoneLimits,
};
