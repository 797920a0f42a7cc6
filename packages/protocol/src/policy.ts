import { z } from 'zod';
import { AccountIdSchema, NodeIdSchema, ZoneIdSchema } from './ids.ts';
import { EpochMs, VersionText } from './text.ts';
import { PublicJwk } from './tokens.ts';

export const vmRoles = ['controller', 'mmr'] as const;
/** What an enrolled VM runs: a controller VM runs zctrl, mmr and console; an MMR VM runs mmr and console. */
export const VmRole = z.enum(vmRoles);
export type VmRole = z.output<typeof VmRole>;

export const connectorModes = ['test', 'production'] as const;
export const ConnectorMode = z.enum(connectorModes);

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
    participantsPerRouter: z.int().min(1).max(100_000),
    meetingsPerRouter: z.int().min(1).max(10_000),
  }),
  /** An older connector takes no new meetings from `fromMs` on; those that run are never touched by it. */
  minimumVersion: z.strictObject({ version: VersionText, fromMs: EpochMs }).optional(),
});
export type Policy = z.output<typeof Policy>;

export const defaultLimits = { participantsPerRouter: 200, meetingsPerRouter: 100 } as const;
