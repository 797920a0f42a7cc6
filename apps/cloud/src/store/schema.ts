import type {
  AccountId,
  GroupId,
  HostingPlace,
  MeetingId,
  NodeId,
  ParticipantId,
  Role,
  UserId,
  ZoneId,
} from '@guildhall/domain';
import type { connectorModes, UserRole, VmRole } from '@guildhall/protocol';

/**
 * The tables as Kysely sees them; columns are snake_case in the database (CamelCasePlugin).
 * The portable subset: text ids, integer epoch milliseconds (`…Ms`), booleans as 0 or 1, JSON as text which the
 * repositories parse with zod. No dialect's functions, dates or JSON operators.
 */
export type Flag = 0 | 1;
export type Mode = (typeof connectorModes)[number];

/** One row, made by the migration: what the first start locks. */
export interface InstallationTable {
  id: 'installation';
  lockSeq: number;
}

export interface AccountTable {
  id: AccountId;
  name: string;
  authorityCertPem: string;
  /** Sensitive: signs the account's node certificates. */
  authorityKeyPem: string;
  connectorEnabled: Flag;
  connectorMode: Mode;
  /** SHA-256 of the connector token, hex; null when none was made. */
  connectorTokenHash: string | null;
  /** Written by whoever must be alone with the account in a transaction: the portable row lock. */
  lockSeq: number;
  createdAtMs: number;
}

export interface UserTable {
  id: UserId;
  accountId: AccountId;
  /** Lower case; unique in the installation, for people sign in with nothing else. */
  email: string;
  name: string;
  role: UserRole;
  passwordHash: string;
  createdAtMs: number;
}

export interface SessionTable {
  /** SHA-256 of the cookie's value, hex. */
  tokenHash: string;
  userId: UserId;
  createdAtMs: number;
  seenAtMs: number;
  expiresAtMs: number;
}

export interface MeetingTable {
  id: MeetingId;
  accountId: AccountId;
  hostUserId: UserId;
  number: string;
  topic: string;
  kind: 'instant' | 'scheduled';
  startsAtMs: number | null;
  durationMinutes: number | null;
  timeZone: string | null;
  passcode: string | null;
  settings: string;
  /** JSON; null: nothing of it was changed since it was made. */
  changedAtMs: string | null;
  isRunning: Flag;
  /** Of the run that goes on, else of the last one. */
  startedAtMs: number | null;
  endedAtMs: number | null;
  endReason: string | null;
  /** Planned start, or the making of an instant meeting: the order of lists. */
  sortAtMs: number;
  /** From then on it counts as past unless it runs. */
  expectedEndMs: number;
  createdAtMs: number;
}

export interface ZoneTable {
  id: ZoneId;
  accountId: AccountId;
  name: string;
  policyRev: number;
  /** SHA-256 of the facts the policy was made of; another one means another revision. */
  policyFacts: string;
  /** Only the people and groups named may host here. */
  hostsLimited: Flag;
  /** Null: the default, as the next. */
  participantsPerRouter: number | null;
  meetingsPerRouter: number | null;
  createdAtMs: number;
}

/** What the account set about its connector; no row: nothing yet. */
export interface ConnectorSettingsTable {
  accountId: AccountId;
  hostingPlace: HostingPlace;
  hostingLocked: Flag;
  /** Null: the oldest zone. */
  defaultZoneId: ZoneId | null;
  minimumVersion: string | null;
  minimumFromMs: number | null;
  enabledAtMs: number | null;
}

export interface UserGroupTable {
  id: GroupId;
  accountId: AccountId;
  name: string;
  /** Lower case: names that differ in case only are one. */
  nameKey: string;
  place: HostingPlace | null;
  locked: Flag;
  createdAtMs: number;
}

export interface UserHostingTable {
  userId: UserId;
  groupId: GroupId | null;
  place: HostingPlace | null;
}

export interface TestHostTable {
  userId: UserId;
  accountId: AccountId;
}

export interface ZoneUserTable {
  zoneId: ZoneId;
  userId: UserId;
}

export interface ZoneGroupTable {
  zoneId: ZoneId;
  groupId: GroupId;
}

export interface ZoneSubnetTable {
  accountId: AccountId;
  /** Canonical CIDR: one zone per subnet. */
  subnet: string;
  zoneId: ZoneId;
}

/** The zone a meeting was given when it last started. */
export interface MeetingZoneTable {
  meetingId: MeetingId;
  zoneId: ZoneId;
  chosenAtMs: number;
}

export interface NodeTable {
  id: NodeId;
  accountId: AccountId;
  zoneId: ZoneId;
  name: string;
  role: VmRole;
  version: string;
  /** JSON of the PublicJwk. */
  publicKey: string;
  /** The key's `x`: one key enrols once. */
  keyX: string;
  /** JSON array of URLs by which browsers reach it. */
  urls: string;
  lastSeenMs: number | null;
  enrolledAtMs: number;
}

export interface SigningKeyTable {
  id: string;
  publicJwk: string;
  /** Sensitive. */
  privateJwk: string;
  createdAtMs: number;
  /** It signs no more; its tickets are good until they expire. */
  retiredAtMs: number | null;
}

export interface OutboxPositionTable {
  nodeId: NodeId;
  epoch: string;
  lastSeq: number;
}

export interface MeetingRunTable {
  id: string;
  meetingId: MeetingId;
  accountId: AccountId;
  /** That told of it last; null for runs from before this was kept. */
  zoneId: ZoneId | null;
  startedAtMs: number;
  endedAtMs: number | null;
  endReason: string | null;
}

export interface RunParticipantTable {
  runId: string;
  participantId: ParticipantId;
  name: string;
  role: Role;
  joinedAtMs: number;
  leftAtMs: number | null;
  leaveReason: string | null;
}

export interface AuditTable {
  id: string;
  accountId: AccountId | null;
  atMs: number;
  /** A user id, a node id, or `system`. */
  actor: string;
  action: string;
  subject: string;
}

/** Passes of a person, for a meeting or of a whole account that are void. */
export interface PassRevocationTable {
  /** Of the user, the meeting or the account. */
  id: UserId | MeetingId | AccountId;
  accountId: AccountId;
  /** Those given at or before this. */
  beforeMs: number;
}

/** A bucket of measurements; null where nothing was known. */
export interface SampleTable {
  accountId: AccountId;
  /** An account, a zone or a node. */
  scopeId: string;
  stepMs: number;
  /** Start of the bucket, a multiple of `stepMs`. */
  atMs: number;
  meetings: number | null;
  participants: number | null;
  bitrateInBps: number | null;
  bitrateOutBps: number | null;
  cpu: number | null;
  loss: number | null;
  rttMs: number | null;
  jitterMs: number | null;
  mos: number | null;
}

export interface EventTable {
  id: string;
  accountId: AccountId;
  atMs: number;
  kind: string;
  severity: string;
  /** The id of what it happened to. */
  subject: string;
  /** Its name at that time. */
  label: string;
  detail: string;
}

export interface AlertRuleTable {
  id: string;
  accountId: AccountId;
  /** JSON of the AlertCondition. */
  condition: string;
  enabled: Flag;
  createdAtMs: number;
}

/** What a rule finds now. */
export interface AlertStateTable {
  ruleId: string;
  subject: string;
  label: string;
  sinceMs: number;
  /** It has lasted long enough and was told. */
  isRaised: Flag;
}

export interface AlertTargetTable {
  id: string;
  accountId: AccountId;
  kind: 'webhook' | 'email';
  name: string;
  address: string;
  /** Sensitive: signs the webhook's messages; null for e-mail. */
  secret: string | null;
  enabled: Flag;
  createdAtMs: number;
}

export interface AlertDeliveryTable {
  id: string;
  accountId: AccountId;
  targetId: string;
  atMs: number;
  subject: string;
  /** JSON, as it is sent to a webhook. */
  body: string;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  nextAttemptMs: number | null;
  statusCode: number | null;
  error: string | null;
}

export interface MeetingClaimTable {
  meetingId: MeetingId;
  /** The controller that may open the meeting. */
  nodeId: NodeId;
  /** JSON: router, addresses, epoch. */
  place: string;
  /** 0 for a row of which nothing was decided yet. */
  untilMs: number;
}

export interface Tables {
  installation: InstallationTable;
  accounts: AccountTable;
  users: UserTable;
  sessions: SessionTable;
  meetings: MeetingTable;
  zones: ZoneTable;
  nodes: NodeTable;
  connectorSettings: ConnectorSettingsTable;
  userGroups: UserGroupTable;
  userHosting: UserHostingTable;
  testHosts: TestHostTable;
  zoneUsers: ZoneUserTable;
  zoneGroups: ZoneGroupTable;
  zoneSubnets: ZoneSubnetTable;
  meetingZones: MeetingZoneTable;
  meetingClaims: MeetingClaimTable;
  signingKeys: SigningKeyTable;
  outboxPositions: OutboxPositionTable;
  meetingRuns: MeetingRunTable;
  runParticipants: RunParticipantTable;
  audit: AuditTable;
  passRevocations: PassRevocationTable;
  samples: SampleTable;
  events: EventTable;
  alertRules: AlertRuleTable;
  alertStates: AlertStateTable;
  alertTargets: AlertTargetTable;
  alertDeliveries: AlertDeliveryTable;
}
