import { z } from 'zod';
import { AccountIdSchema, NodeIdSchema, ZoneIdSchema } from '../ids.ts';
import { PairReport } from '../pair-report.ts';
import { VmRole } from '../policy.ts';
import { ConnectorToken, Password } from '../rest/portal.ts';
import { EpochMs, HttpUrl, lineText, VersionText } from '../text.ts';

/** The REST API of a VM's console, under `/api/v1` on port 5480. */

export const ConsoleUserName = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,31}$/u, 'must begin with a letter; 1 to 32 of a-z 0-9 . _ -');
export const ConsoleAuthority = z.enum(['operate', 'view']);
export const ConsoleSignInRequest = z.strictObject({ username: ConsoleUserName, password: Password });
export const ConsoleMe = z.strictObject({
  username: ConsoleUserName,
  authority: ConsoleAuthority,
  /** While true every other call is refused with `auth.password-change-required`. */
  passwordChangeRequired: z.boolean(),
});
export type ConsoleMe = z.output<typeof ConsoleMe>;

export const serviceNames = ['zctrl', 'mmr'] as const;
export const ServiceName = z.enum(serviceNames);
export type ServiceName = z.output<typeof ServiceName>;
export const ServiceState = z.enum(['stopped', 'starting', 'running', 'stopping', 'failing']);
export type ServiceState = z.output<typeof ServiceState>;

export const ServiceMemoryUse = z.strictObject({
  usedBytes: z.int().min(0).describe('Resident memory of the process and all below it (media workers)'),
  limitBytes: z.int().min(0).nullable(),
  /** What the limit counts: everything (a cgroup), or only the heap of the process; none when there is none. */
  limitOf: z.enum(['total', 'heap', 'none']),
});
export type ServiceMemoryUse = z.output<typeof ServiceMemoryUse>;

export const ServiceStatus = z.strictObject({
  name: ServiceName,
  state: ServiceState,
  /** Since when it is in this state. */
  sinceMs: EpochMs,
  pid: z.int().nullable(),
  version: VersionText.nullable(),
  restarts: z.int().min(0).describe('Starts after an unexpected exit since the operator last started it'),
  lastExit: z.strictObject({ atMs: EpochMs, reason: z.string().max(300) }).nullable(),
  /** What the operator asked for; the console brings the service there and keeps it there. */
  wanted: z.enum(['running', 'stopped']),
  drain: z
    .strictObject({
      sinceMs: EpochMs,
      untilMs: EpochMs.describe('Stopped then, whoever is still meeting'),
      meetings: z.int().min(0).describe('Left on this router'),
      participants: z.int().min(0),
    })
    .optional()
    .describe('Only while it takes no new meetings and is stopped after the last one'),
  memory: ServiceMemoryUse.optional().describe('Only while it runs'),
});
export type ServiceStatus = z.output<typeof ServiceStatus>;

export const Pairing = z.strictObject({
  paired: z.boolean(),
  controlUrl: HttpUrl.nullable(),
  nodeId: NodeIdSchema.nullable(),
  accountId: AccountIdSchema.nullable(),
  accountName: lineText(100).nullable(),
  zoneId: ZoneIdSchema.nullable(),
  role: VmRole.nullable(),
});
export const PairRequest = z.strictObject({
  token: ConnectorToken,
  controlUrl: HttpUrl.describe('Where the cloud controller answers, e.g. http://localhost:8080'),
  role: VmRole,
});

export const ConsoleStatus = z.strictObject({
  hostName: z.string().max(253),
  version: VersionText,
  role: VmRole.nullable(),
  services: z.array(ServiceStatus),
  pairing: Pairing,
  cloud: z.strictObject({
    state: z.enum(['connected', 'connecting', 'not-paired', 'unknown']),
    sinceMs: EpochMs.nullable(),
  }),
  meetings: z.int().min(0),
  participants: z.int().min(0),
  timeMs: EpochMs,
  /** This version is older than the account allows. Absent when it is not, and while nobody told. */
  outdated: z
    .strictObject({
      minimum: VersionText,
      fromMs: EpochMs.describe('From when on no new meetings are taken'),
    })
    .optional(),
  pair: PairReport.optional().describe(
    'The link to the other controller of the zone. Absent without one, and while zctrl does not tell',
  ),
  otherZone: z
    .boolean()
    .optional()
    .describe('Every controller this router was told of says that this server is not of its zone'),
});
export type ConsoleStatus = z.output<typeof ConsoleStatus>;

/** `POST /api/v1/services/{name}/{action}`. Stop with meetings running needs `confirmed`. */
export const ServiceAction = z.enum(['start', 'stop', 'restart']);
export const ServiceActionRequest = z.strictObject({ confirmed: z.boolean().optional() });

/** `POST /api/v1/services/mmr/drain`: stop it after its last meeting. `…/drain/cancel` takes it back. */
export const DrainRequest = z.strictObject({
  deadlineMinutes: z
    .int()
    .min(1)
    .max(24 * 60)
    .default(120)
    .describe('Stopped after this long at the latest'),
});
