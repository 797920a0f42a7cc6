import { endReasons } from '@guildhall/domain';
import { z } from 'zod';
import { VmRole, ConnectorMode } from '../policy.ts';
import { AccountIdSchema, MeetingIdSchema, NodeIdSchema, UserIdSchema, ZoneIdSchema } from '../ids.ts';
import { MeetingSettingsSchema, RoleSchema, Topic } from '../meeting.ts';
import { secret } from '../secret.ts';
import { EpochMs, HttpUrl, lineText, MeetingNumber, PersonName, VersionText } from '../text.ts';
import { Jwt, PublicJwk } from '../tokens.ts';

/** The portal's REST API under `/api/v1`. Requests are strict: an unknown key is refused with its name. */

export const ErrorEnvelope = z.object({
  error: z.object({
    code: z.string().describe('A code of docs/errors.md'),
    message: z.string().describe('A sentence for a person'),
    field: z.string().optional().describe('The key of the request that is wrong'),
    retryAfterMs: z.number().optional(),
    requestId: z.string().optional(),
  }),
});
export type ErrorEnvelope = z.output<typeof ErrorEnvelope>;

export const Email = z
  .string()
  .max(254)
  .regex(/^[^\s@"'<>()[\]\\,;:\p{Cc}]{1,64}@[A-Za-z0-9.-]{1,189}$/u, 'must be an e-mail address')
  .describe('Compared without regard to case');
export const Password = secret(z.string().min(1).max(256)).describe(
  '1 to 256 characters; new ones at least 10',
);
export const UserRole = z.enum(['owner', 'admin', 'member']);
export type UserRole = z.output<typeof UserRole>;

export const User = z.strictObject({
  userId: UserIdSchema,
  email: Email,
  name: PersonName,
  role: UserRole,
  createdAtMs: EpochMs,
});
export type User = z.output<typeof User>;

export const SignInRequest = z.strictObject({ email: Email, password: Password });
export const Me = z.strictObject({
  user: User,
  account: z.strictObject({ accountId: AccountIdSchema, name: lineText(100) }),
});
export type Me = z.output<typeof Me>;
export const UpdateMeRequest = z.strictObject({ name: PersonName });
export const ChangePasswordRequest = z.strictObject({ currentPassword: Password, newPassword: Password });

export const UserList = z.strictObject({ users: z.array(User) });
export const CreateUserRequest = z.strictObject({
  email: Email,
  name: PersonName,
  role: UserRole,
  password: Password,
});
export const UpdateUserRequest = z.strictObject({ name: PersonName.optional(), role: UserRole.optional() });

export const Passcode = secret(z.string().regex(/^[A-Za-z0-9]{4,12}$/u, 'must be 4 to 12 letters or digits'));

/** An IANA zone name this server knows; checked again by the server with Intl. */
export const TimeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_+\-/]+$/u, 'must be a time zone such as Europe/Madrid');

export const Meeting = z.strictObject({
  meetingId: MeetingIdSchema,
  number: MeetingNumber,
  topic: Topic,
  kind: z.enum(['instant', 'scheduled']),
  /** Null for an instant meeting. */
  startsAtMs: EpochMs.nullable(),
  durationMinutes: z.int().min(1).max(1440).nullable(),
  timeZone: TimeZone.nullable(),
  passcode: Passcode.nullable().describe('Shown to the host only; null when the meeting has none'),
  settings: MeetingSettingsSchema,
  host: z.strictObject({ userId: UserIdSchema, name: PersonName }),
  state: z.enum(['upcoming', 'running', 'past']),
  startedAtMs: EpochMs.nullable().describe('Of the run that goes on now, or the last one'),
  endedAtMs: EpochMs.nullable(),
  endReason: z
    .enum([...endReasons, 'zone-vanished'])
    .nullable()
    .exactOptional()
    .describe(
      'Why the last run ended; zone-vanished: nobody has heard of its zone for too long. Null while it runs',
    ),
  createdAtMs: EpochMs,
  joinUrl: HttpUrl.describe(
    'The link to hand out; the passcode is in its fragment, which browsers never send',
  ),
});
export type Meeting = z.output<typeof Meeting>;

const SettingsPatch = z.strictObject({
  lobby: z.boolean().optional(),
  guestsAllowed: z.boolean().optional(),
  joinBeforeHost: z.boolean().optional(),
  muteOnEntry: z.boolean().optional(),
  chat: z.boolean().optional(),
  screenShare: z.enum(['everyone', 'hosts']).optional(),
});

export const CreateMeetingRequest = z.strictObject({
  topic: Topic.optional().describe('Default: "<name>’s meeting"'),
  kind: z
    .enum(['instant', 'scheduled'])
    .optional()
    .describe('Default: scheduled if startsAtMs is given, else instant'),
  startsAtMs: EpochMs.optional(),
  durationMinutes: z.int().min(1).max(1440).optional().describe('Default 60 for a scheduled meeting'),
  timeZone: TimeZone.optional().describe('Default UTC'),
  passcode: z
    .union([Passcode, z.literal(false)])
    .optional()
    .describe('Default: a random one; false for none'),
  settings: SettingsPatch.optional(),
});
export type CreateMeetingRequest = z.output<typeof CreateMeetingRequest>;
export const UpdateMeetingRequest = z.strictObject({
  topic: Topic.optional(),
  startsAtMs: EpochMs.optional(),
  durationMinutes: z.int().min(1).max(1440).optional(),
  timeZone: TimeZone.optional(),
  passcode: z.union([Passcode, z.literal(false)]).optional(),
  settings: SettingsPatch.optional(),
});
export type UpdateMeetingRequest = z.output<typeof UpdateMeetingRequest>;
export const MeetingListQuery = z.strictObject({
  when: z
    .enum(['upcoming', 'past'])
    .optional()
    .describe('Default upcoming; running meetings are in upcoming'),
  limit: z.coerce.number().int().min(1).max(100).optional(),
  cursor: z.string().max(200).optional(),
});
export const MeetingList = z.strictObject({ meetings: z.array(Meeting), nextCursor: z.string().nullable() });

/** What somebody with the link may know before joining; needs no sign-in and reveals no host's address. */
export const MeetingPublicInfo = z.strictObject({
  number: MeetingNumber,
  passcodeRequired: z.boolean(),
  guestsAllowed: z.boolean(),
  signedInAs: PersonName.nullable().describe('Who the session cookie belongs to; null for a guest'),
});
export const JoinRequest = z.strictObject({
  name: PersonName.optional().describe('Needed from guests; signed-in people are known by their own'),
  passcode: secret(z.string().max(32)).optional(),
});
export const JoinAnswer = z.strictObject({
  ticket: Jwt,
  controllers: z
    .array(HttpUrl)
    .min(1)
    .describe('Ask all at once with POST {url}/v1/join; the first answer wins'),
  meeting: z.strictObject({
    meetingId: MeetingIdSchema,
    number: MeetingNumber,
    topic: Topic,
    hostName: PersonName,
    role: RoleSchema,
  }),
});
export type JoinAnswer = z.output<typeof JoinAnswer>;

/** Kept by the page of who is signed in, for when the portal does not answer. */
export const MeetingPass = z.strictObject({
  pass: Jwt,
  controllers: JoinAnswer.shape.controllers.describe('Show them the pass; enrolled ones, live or not'),
  expiresAtMs: EpochMs,
  startsAtMs: EpochMs.nullable(),
  name: PersonName.describe('Of whoever it lets in'),
  meeting: JoinAnswer.shape.meeting,
});
export type MeetingPass = z.output<typeof MeetingPass>;
export const MeetingPassList = z.strictObject({ passes: z.array(MeetingPass).max(50) });
export const PassRequest = z.strictObject({ passcode: secret(z.string().max(32)).optional() });

export const ConnectorNode = z.strictObject({
  nodeId: NodeIdSchema,
  name: lineText(100),
  role: VmRole,
  version: VersionText.nullable(),
  state: z.enum(['enrolled', 'connected', 'unreachable']),
  urls: z.array(HttpUrl),
  lastSeenMs: EpochMs.nullable(),
  enrolledAtMs: EpochMs,
  meetings: z.int().min(0),
  participants: z.int().min(0),
});
export const ConnectorRouter = z.strictObject({
  routerId: z.string(),
  nodeId: NodeIdSchema,
  version: VersionText,
  state: z.enum(['connected', 'draining', 'unhealthy', 'unreachable']),
  meetings: z.int().min(0),
  participants: z.int().min(0),
  workerCpu: z.number(),
  lastSeenMs: EpochMs,
});
export const Connector = z.strictObject({
  enabled: z.boolean(),
  mode: ConnectorMode,
  hasToken: z.boolean(),
  zones: z.array(z.strictObject({ zoneId: ZoneIdSchema, name: lineText(100) })),
  nodes: z.array(ConnectorNode),
  routers: z.array(ConnectorRouter),
  meetings: z.int().min(0).optional().describe('That run now; one over several routers counts once'),
});
export type Connector = z.output<typeof Connector>;
export const ConnectorToken = secret(
  z.string().regex(/^ght_[A-Za-z0-9]{32,64}$/u, 'must be a connector token: ght_ and letters or digits'),
);
export const ConnectorTokenAnswer = z.strictObject({
  token: ConnectorToken.describe('Shown once; only its hash is stored'),
});
export const SetConnectorModeRequest = z.strictObject({ mode: ConnectorMode });

/** `POST /control/v1/enrol`: a node makes its key, shows the token once, and becomes part of the account. */
export const EnrolRequest = z.strictObject({
  token: ConnectorToken,
  name: lineText(100).describe('Host name of the VM'),
  role: VmRole,
  version: VersionText,
  publicKey: PublicJwk.describe('The node’s Ed25519 key; the private half never leaves the node'),
  csrPem: z.string().max(8192).describe('PKCS #10 request (RFC 2986) for the TLS certificate'),
});
export const EnrolAnswer = z.strictObject({
  nodeId: NodeIdSchema,
  accountId: AccountIdSchema,
  accountName: lineText(100),
  zoneId: ZoneIdSchema,
  certificatePem: z.string().max(20_000),
  authorityPem: z.string().max(20_000),
});
export type EnrolAnswer = z.output<typeof EnrolAnswer>;

/** `{ok: true}`: stored, nothing else to say. */
export const Ok = z.strictObject({ ok: z.literal(true) });
