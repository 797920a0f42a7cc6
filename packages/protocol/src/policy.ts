import { z } from 'zod';
import { AccountIdSchema, MeetingIdSchema, NodeIdSchema, UserIdSchema, ZoneIdSchema } from './ids.ts';
import { EpochMs, HttpUrl, VersionText } from './text.ts';
import { maxPassLifetimeMs, PublicJwk } from './tokens.ts';

export const vmRoles = ['controller', 'mmr'] as const;
/** What an enrolled VM runs: a controller VM runs zctrl, mmr and console; an MMR VM runs mmr and console. */
export const VmRole = z.enum(vmRoles);
export type VmRole = z.output<typeof VmRole>;

export const connectorModes = ['test', 'production'] as const;
export const ConnectorMode = z.enum(connectorModes);

/** At most so many single revocations travel with a policy; more become one line under all passes up to a time. */
export const maxPassRevocations = 200;

/** The most that may be set for one router; smaller is 1. */
export const maxLimits = { participantsPerRouter: 100_000, meetingsPerRouter: 10_000 } as const;

/** Everything a zone must know to work with the cloud away. Replaced as a whole; `rev` only grows. */
export const Policy = z.strictObject({
  rev: z.int().min(0),
  accountId: AccountIdSchema,
  zoneId: ZoneIdSchema,
  mode: ConnectorMode,
  /** Keys that sign tickets: the current one and those still in their overlap. */
  ticketKeys: z.array(PublicJwk).min(1).max(10),
  /** Nodes of this zone that may dial each other; a node that is not here is refused. */
  nodes: z.array(z.strictObject({ nodeId: NodeIdSchema, role: VmRole, publicKey: PublicJwk })).max(500),
  /** Origins of the pages that may call zctrl and mmr from a browser, e.g. `http://localhost:8080`. */
  webOrigins: z.array(z.string().max(300)).max(20),
  limits: z.strictObject({
    participantsPerRouter: z.int().min(1).max(maxLimits.participantsPerRouter),
    meetingsPerRouter: z.int().min(1).max(maxLimits.meetingsPerRouter),
  }),
  /** Where the zone's controllers answer, inside addresses first; empty for one that has never been seen. */
  controllers: z
    .array(z.strictObject({ nodeId: NodeIdSchema, urls: z.array(HttpUrl).max(8) }))
    .max(8)
    .optional(),
  /** An older connector takes no new meetings from `fromMs` on; those that run are never touched by it. */
  minimumVersion: z.strictObject({ version: VersionText, fromMs: EpochMs }).optional(),
  /** Which passes are good; without it none is. */
  passes: z
    .strictObject({
      maxAgeMs: z.int().min(0).max(maxPassLifetimeMs).describe('0: passes are off'),
      voidBeforeMs: EpochMs.describe('Every pass given at or before this is void'),
      revoked: z
        .array(
          z.strictObject({
            id: z.union([UserIdSchema, MeetingIdSchema]).describe('Whose passes, or for which meeting'),
            beforeMs: EpochMs.describe('Those given at or before this are void'),
          }),
        )
        .max(maxPassRevocations),
    })
    .optional(),
});
export type Policy = z.output<typeof Policy>;

export const defaultLimits = { participantsPerRouter: 200, meetingsPerRouter: 100 } as const;
