import { z } from 'zod';
import {
  AccountIdSchema,
  MeetingIdSchema,
  NodeIdSchema,
  ParticipantIdSchema,
  RouterIdSchema,
  UserIdSchema,
  ZoneIdSchema,
} from './ids.ts';
import { MeetingSpecSchema, RoleSchema, SubjectSchema } from './meeting.ts';
import { secret } from './secret.ts';
import { EpochMs, PersonName } from './text.ts';

/** A compact JWS (RFC 7515 §7.1). Opaque to whoever carries it; a secret, for it opens a door. */
export const Jwt = secret(
  z
    .string()
    .max(8192)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/u, 'must be a signed token'),
);

/** Every token of ours is signed with Ed25519; nothing else is ever accepted (RFC 8725 §3.1). */
export const tokenAlgorithm = 'EdDSA';
export const clockSkewMs = 60_000;
export const ticketLifetimeMs = 5 * 60_000;
export const seatLifetimeMs = 2 * 60_000;
export const rejoinLifetimeMs = 24 * 3_600_000;
/** The longest a pass may be good; the cloud's setting and the policy may say less. */
export const maxPassLifetimeMs = 30 * 24 * 3_600_000;
export const nodeProofLifetimeMs = 60_000;

/** An Ed25519 public key (RFC 8037 §2). */
export const PublicJwk = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/u),
  kid: z.string().min(1).max(80),
});
export type PublicJwk = z.output<typeof PublicJwk>;

const times = { iat: z.int().min(0), exp: z.int().min(0), jti: z.string().min(1).max(80) };

/** iss of every ticket; aud is `zone:<zoneId>`. Signed by the cloud with a key named in the policy. */
export const ticketIssuer = 'guildhall-cloud';
/** aud of what zone controllers take: tickets, passes, rejoin tokens. */
export const zoneAudience = (zoneId: string): string => `zone:${zoneId}`;
/** aud of what one router takes: seats, branch tokens. */
export const routerAudience = (routerId: string): string => `router:${routerId}`;

const person = {
  participantId: ParticipantIdSchema,
  subject: SubjectSchema,
  name: PersonName,
  role: RoleSchema,
};

export const TicketClaims = z.strictObject({
  iss: z.literal(ticketIssuer),
  aud: z.string(),
  typ: z.literal('ticket'),
  ...times,
  accountId: AccountIdSchema,
  zoneId: ZoneIdSchema,
  /** The cloud chooses the id, so both controllers answer one ticket with the same participant. */
  ...person,
  meeting: MeetingSpecSchema,
});
export type TicketClaims = z.output<typeof TicketClaims>;

/**
 * A member's right to start or join one meeting with the cloud away: signed by the cloud as a ticket is, good for days.
 * The participant is derived from person and meeting, so every pass of that person and every controller name the same.
 */
export const PassClaims = z.strictObject({
  iss: z.literal(ticketIssuer),
  aud: z.string(),
  typ: z.literal('pass'),
  ...times,
  /** `iat` has whole seconds only, too coarse to compare with a revocation. */
  issuedAtMs: EpochMs,
  accountId: AccountIdSchema,
  zoneId: ZoneIdSchema,
  ...person,
  subject: UserIdSchema,
  role: z.enum(['host', 'participant']),
  meeting: MeetingSpecSchema,
});
export type PassClaims = z.output<typeof PassClaims>;

/** Signed by a controller with its node key (iss = node id); aud is `router:<routerId>`. */
export const SeatClaims = z.strictObject({
  iss: NodeIdSchema,
  aud: z.string(),
  typ: z.literal('seat'),
  ...times,
  routerId: RouterIdSchema,
  meetingId: MeetingIdSchema,
  ...person,
});
export type SeatClaims = z.output<typeof SeatClaims>;

/** Signed by a controller with its node key; aud is `zone:<zoneId>`. Lets its person come back with the cloud away. */
export const RejoinClaims = z.strictObject({
  iss: NodeIdSchema,
  aud: z.string(),
  typ: z.literal('rejoin'),
  ...times,
  accountId: AccountIdSchema,
  zoneId: ZoneIdSchema,
  ...person,
  meeting: MeetingSpecSchema,
});
export type RejoinClaims = z.output<typeof RejoinClaims>;

export const branchLifetimeMs = 24 * 3_600_000;

/**
 * Lets one router open a branch of one meeting at the router that owns it. Signed by a controller with its node key; aud
 * is `router:<id of the owner>`. Good for a day because it is worth nothing without the key it names (RFC 7800): the
 * router that dials proves its node besides.
 */
export const BranchClaims = z.strictObject({
  iss: NodeIdSchema,
  aud: z.string(),
  typ: z.literal('branch'),
  ...times,
  meetingId: MeetingIdSchema,
  epoch: z.int().min(1).describe('Of the order by which the owner opened the meeting'),
  routerId: RouterIdSchema.describe('Who may dial'),
  nodeId: NodeIdSchema.describe('The node it runs on'),
  nodeKey: PublicJwk.describe('Key of that node'),
});
export type BranchClaims = z.output<typeof BranchClaims>;

export const nodeRoles = ['zctrl', 'mmr', 'console'] as const;

/** How a node proves itself when it dials: at most 60 s old, each `jti` good once. */
export const NodeProofClaims = z.strictObject({
  iss: NodeIdSchema,
  aud: z.enum(['control', 'zctrl', 'mmr']),
  sub: z.enum(nodeRoles),
  typ: z.literal('node-proof'),
  ...times,
});
export type NodeProofClaims = z.output<typeof NodeProofClaims>;
