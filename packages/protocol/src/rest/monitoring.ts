import { z } from 'zod';
import { PersonQuality } from '../contracts/zone.ts';
import { MeetingIdSchema, NodeIdSchema, ZoneIdSchema } from '../ids.ts';
import { Topic } from '../meeting.ts';
import { PairReport } from '../pair-report.ts';
import { PlacementTold, placementVerdicts } from '../placement.ts';
import { ConnectorMode } from '../policy.ts';
import { EpochMs, lineText, MeetingNumber, PersonName, VersionText } from '../text.ts';

/** `GET /api/v1/connector/monitoring/…`: what the connector does now and did before. Owners and administrators. */

/** The words for a score, for pages, which know the domain only through this package. */
export { gradeOf } from '@guildhall/domain';

const Count = z.int().min(0);

export const monitoredStates = [
  'enrolled',
  'connected',
  'draining',
  'unhealthy',
  'unreachable',
  'refused',
] as const;
export const MonitoredState = z.enum(monitoredStates);
export type MonitoredState = z.output<typeof MonitoredState>;

/** Why a service is not simply connected. */
export const MonitoredWhy = z.enum([
  'never-connected',
  'link-lost',
  'no-controller',
  'starting',
  'draining',
  'silent',
  'bad-proof',
  'protocol-version',
  'version-refused',
  'version-warned',
  'overload-cpu',
  'overload-event-loop',
]);
export type MonitoredWhy = z.output<typeof MonitoredWhy>;

/** A zctrl or an mmr; a controller VM has one of each. */
export const MonitoredService = z.strictObject({
  nodeId: NodeIdSchema,
  service: z.enum(['zctrl', 'mmr']),
  name: lineText(100),
  zoneId: ZoneIdSchema,
  state: MonitoredState,
  why: MonitoredWhy.nullable().describe('Null when there is nothing to explain'),
  version: VersionText,
  addresses: z.array(z.string().max(300)),
  startedAtMs: EpochMs.nullable().describe('Null when it is not known'),
  lastSeenMs: EpochMs.nullable(),
  meetings: Count,
  participants: Count,
  capacity: z
    .strictObject({ meetings: Count, participants: Count })
    .nullable()
    .describe('What a router may hold; null for a controller'),
  cpu: z.number().min(0).max(1).nullable().describe('Busiest media worker, of a core'),
  bitrateInBps: z.number().min(0).nullable(),
  bitrateOutBps: z.number().min(0).nullable(),
  mos: z.number().min(1).max(5).nullable(),
  drainEndsAtMs: EpochMs.optional().describe(
    'It drains, and what has not moved by then is ended. Absent while nothing will be',
  ),
  pair: PairReport.optional().describe('Of a controller that has another beside it, while it is connected'),
});
export type MonitoredService = z.output<typeof MonitoredService>;

export const MonitoringOverview = z.strictObject({
  enabled: z.boolean(),
  mode: ConnectorMode,
  atMs: EpochMs,
  zones: z.array(z.strictObject({ zoneId: ZoneIdSchema, name: lineText(100) })),
  controllers: z.strictObject({ connected: Count, all: Count }),
  routers: z.strictObject({ connected: Count, all: Count }),
  meetings: Count,
  participants: Count,
  mos: z.number().min(1).max(5).nullable().describe('Mean over everybody in a meeting'),
});
export type MonitoringOverview = z.output<typeof MonitoringOverview>;

export const MonitoredServiceList = z.strictObject({ atMs: EpochMs, services: z.array(MonitoredService) });

export const seriesMetrics = [
  'meetings',
  'participants',
  'bitrate-in',
  'bitrate-out',
  'cpu',
  'loss',
  'rtt',
  'jitter',
  'mos',
] as const;
export const SeriesMetric = z.enum(seriesMetrics);
export type SeriesMetric = z.output<typeof SeriesMetric>;
export const seriesRanges = ['1h', '24h', '7d', '90d'] as const;
export const SeriesRange = z.enum(seriesRanges);
export type SeriesRange = z.output<typeof SeriesRange>;

export const SeriesQuery = z.strictObject({
  metric: SeriesMetric,
  range: SeriesRange,
  scope: z
    .union([ZoneIdSchema, NodeIdSchema])
    .optional()
    .describe('A zone or a node; default the whole account'),
});
export const Series = z.strictObject({
  metric: SeriesMetric,
  unit: z.enum(['count', 'bps', 'share', 'ms', 'mos']),
  stepMs: z.int().min(1),
  fromMs: EpochMs.describe('Start of the first bucket'),
  values: z.array(z.number().nullable()).describe('One for each bucket; null where nothing was measured'),
});
export type Series = z.output<typeof Series>;

export const LivePlacement = PlacementTold.pick({ atMs: true, why: true }).extend({
  routers: z
    .array(
      z.strictObject({
        nodeId: NodeIdSchema,
        name: lineText(100),
        verdict: z.enum([...placementVerdicts, 'other-zone']),
        score: PlacementTold.shape.routers.element.shape.score,
      }),
    )
    .describe('Best first; exactly one is chosen'),
});
export type LivePlacement = z.output<typeof LivePlacement>;
export const LivePerson = PersonQuality.extend({ router: lineText(100).describe('Name of the VM') });
export const LiveMeeting = z.strictObject({
  meetingId: MeetingIdSchema,
  number: MeetingNumber,
  topic: Topic,
  hostName: PersonName,
  zoneId: ZoneIdSchema,
  routers: z.array(
    z.strictObject({
      nodeId: NodeIdSchema,
      name: lineText(100),
      placement: LivePlacement.optional().describe('Why it is there; absent when no controller remembers'),
    }),
  ),
  startedAtMs: EpochMs,
  people: z.array(LivePerson),
});
export type LiveMeeting = z.output<typeof LiveMeeting>;
export const LiveMeetingList = z.strictObject({ atMs: EpochMs, meetings: z.array(LiveMeeting) });

const Kinds = z
  .string()
  .max(400)
  .regex(/^[a-z][a-z0-9.-]*(,[a-z][a-z0-9.-]*)*$/u, 'must be kinds with commas between them');
export const LogFilter = z.strictObject({
  kinds: Kinds.optional().describe('Only these kinds, e.g. controller.gone,router.gone'),
  text: lineText(100).optional().describe('Only entries with this somewhere in their words'),
  from: z.coerce.number().pipe(EpochMs).optional(),
  to: z.coerce.number().pipe(EpochMs).optional(),
});
export const LogPageQuery = LogFilter.extend({
  limit: z.coerce.number().int().min(1).max(200).optional().describe('Default 50'),
  cursor: z
    .string()
    .max(200)
    .regex(/^[0-9]{1,16}_[A-Za-z0-9_]{1,80}$/u, 'must be a cursor of an answer')
    .optional(),
});
export const LogExportQuery = LogFilter.extend({ format: z.enum(['csv', 'json']) });

export const eventSeverities = ['info', 'warning', 'bad'] as const;
export const MonitoringEvent = z.strictObject({
  id: z.string(),
  atMs: EpochMs,
  kind: z.string().max(60),
  severity: z.enum(eventSeverities),
  subject: z.string().describe('Id of what it happened to'),
  label: z.string().describe('Its name at that time'),
  detail: z.string(),
});
export type MonitoringEvent = z.output<typeof MonitoringEvent>;
export const MonitoringEventList = z.strictObject({
  entries: z.array(MonitoringEvent),
  nextCursor: z.string().nullable(),
});

export const AuditEntry = z.strictObject({
  id: z.string(),
  atMs: EpochMs,
  actor: z.string().describe('Id of a person or node, or system'),
  actorName: z.string().nullable().describe('Null when it is gone'),
  action: z.string(),
  subject: z.string(),
  subjectName: z.string().nullable(),
});
export type AuditEntry = z.output<typeof AuditEntry>;
export const AuditEntryList = z.strictObject({
  entries: z.array(AuditEntry),
  nextCursor: z.string().nullable(),
});
