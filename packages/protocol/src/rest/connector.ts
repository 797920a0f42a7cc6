import { hostingPlaces } from '@guildhall/domain';
import { z } from 'zod';
import { drainDeadline } from '../drain.ts';
import { GroupIdSchema, NodeIdSchema, UserIdSchema, ZoneIdSchema } from '../ids.ts';
import { ConnectorMode, maxLimits, VmRole } from '../policy.ts';
import { EpochMs, lineText, MeetingNumber, PersonName, VersionText } from '../text.ts';

/** What owners and administrators set about the connector: `/api/v1/connector/…`. */

const MAX_PEOPLE = 10_000;
const Name = lineText(100);
const UserIds = z.array(UserIdSchema).max(MAX_PEOPLE);
const GroupIds = z.array(GroupIdSchema).max(1_000);
/** A longer text is no address; what is one, the rules of hosting say. */
const AddressText = z.string().max(64);

export const HostingPlace = z.enum(hostingPlaces).describe('On the account’s own connector, or without it');
const OwnPlace = HostingPlace.nullable().describe('Null: as the level above');
const Locked = z.boolean().describe('The levels below cannot choose otherwise');

export const EffectiveHostingView = z.strictObject({
  place: HostingPlace,
  reason: z.discriminatedUnion('code', [
    z.strictObject({ code: z.literal('account-locked') }),
    z.strictObject({ code: z.literal('group-locked'), group: Name }),
    z.strictObject({ code: z.literal('user') }),
    z.strictObject({ code: z.literal('group'), group: Name }),
    z.strictObject({ code: z.literal('account') }),
  ]),
});
export type EffectiveHostingView = z.output<typeof EffectiveHostingView>;

export const ConnectorGroup = z.strictObject({
  groupId: GroupIdSchema,
  name: Name,
  place: OwnPlace,
  locked: Locked,
  members: z.int().min(0),
});
export type ConnectorGroup = z.output<typeof ConnectorGroup>;
export const ConnectorPerson = z.strictObject({
  userId: UserIdSchema,
  name: PersonName,
  email: z.string(),
  groupId: GroupIdSchema.nullable().describe('A person is in one group at most'),
  place: OwnPlace,
  effective: EffectiveHostingView,
});
export type ConnectorPerson = z.output<typeof ConnectorPerson>;
/** Where whose meetings are hosted. */
export const HostingView = z.strictObject({
  account: z.strictObject({ place: HostingPlace, locked: Locked }),
  groups: z.array(ConnectorGroup),
  people: z.array(ConnectorPerson),
});
export type HostingView = z.output<typeof HostingView>;
export const SetAccountHostingRequest = z.strictObject({ place: HostingPlace, locked: Locked });
export const SetUserHostingRequest = z.strictObject({ place: OwnPlace });
export const CreateGroupRequest = z.strictObject({ name: Name });
export const UpdateGroupRequest = z.strictObject({
  name: Name.optional(),
  place: OwnPlace.optional(),
  locked: Locked.optional(),
});
export const SetGroupMembersRequest = z.strictObject({
  userIds: UserIds.describe('Everybody in the group; whoever is in another one leaves that'),
});

const limitUpTo = (max: number) => {
  const rule = `must be a whole number from 1 to ${max}`;
  return z.int(rule).min(1, rule).max(max, rule);
};
const ParticipantsLimit = limitUpTo(maxLimits.participantsPerRouter);
const MeetingsLimit = limitUpTo(maxLimits.meetingsPerRouter);
const RouterLimits = z.strictObject({
  participantsPerRouter: ParticipantsLimit,
  meetingsPerRouter: MeetingsLimit,
});

export const ZoneNode = z.strictObject({ nodeId: NodeIdSchema, name: Name, role: VmRole });
export const ConnectorZone = z.strictObject({
  zoneId: ZoneIdSchema,
  name: Name,
  isDefault: z.boolean().describe('New nodes come here, and meetings whose address is in no subnet'),
  limited: z.boolean().describe('Only the people and groups named may host here'),
  userIds: UserIds,
  groupIds: GroupIds,
  subnets: z.array(AddressText).max(200),
  nodes: z.array(ZoneNode),
  participantsPerRouter: ParticipantsLimit.optional().describe('Absent: the default'),
  meetingsPerRouter: MeetingsLimit.optional().describe('Absent: the default'),
});
export type ConnectorZone = z.output<typeof ConnectorZone>;
export const ZoneList = z.strictObject({
  zones: z.array(ConnectorZone),
  defaultLimits: RouterLimits.optional().describe('Of zones that set none'),
});
export const CreateZoneRequest = z.strictObject({ name: Name });
export const UpdateZoneRequest = z.strictObject({
  name: Name.optional(),
  isDefault: z.literal(true).optional(),
  hosts: z
    .strictObject({ userIds: UserIds, groupIds: GroupIds })
    .optional()
    .describe('Who may host here; both lists empty: everybody'),
  subnets: z
    .array(AddressText)
    .max(200)
    .optional()
    .describe('CIDR, e.g. 10.1.0.0/16: whoever starts a meeting from there gets this zone'),
  participantsPerRouter: ParticipantsLimit.nullable()
    .optional()
    .describe('People one router may hold; null: the default. Nobody who is inside is thrown out'),
  meetingsPerRouter: MeetingsLimit.nullable()
    .optional()
    .describe('Meetings one router may hold; null: the default. Those that run go on'),
});
export const MoveNodeRequest = z.strictObject({ zoneId: ZoneIdSchema });

const OfZone = { zoneId: ZoneIdSchema, zone: Name };
export const ZoneStepView = z.discriminatedUnion('code', [
  z.strictObject({ code: z.literal('address-unreadable') }),
  z.strictObject({ code: z.literal('no-subnet'), address: AddressText }),
  z.strictObject({ code: z.literal('subnet'), subnet: AddressText, ...OfZone }),
  z.strictObject({ code: z.literal('host-not-allowed'), ...OfZone }),
  z.strictObject({ code: z.literal('default-zone'), ...OfZone }),
  z.strictObject({ code: z.literal('other-zone'), ...OfZone }),
  z.strictObject({ code: z.literal('no-zone') }),
]);
export type ZoneStepView = z.output<typeof ZoneStepView>;
export const DryRunRequest = z.strictObject({
  address: AddressText.describe('Of whoever starts the meeting, IPv4 or IPv6'),
  number: MeetingNumber.optional().describe('A meeting, or `userId` of its host: exactly one'),
  userId: UserIdSchema.optional(),
});
export type DryRunRequest = z.output<typeof DryRunRequest>;
/** What a join would decide now, with the steps that led there. */
export const DryRunAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('running').describe('The meeting goes on there: whoever joins goes there too'),
    ...OfZone,
    hostName: PersonName,
  }),
  z.strictObject({
    outcome: z.literal('not-live').describe('In test mode, and the host is no test host'),
    hostName: PersonName,
  }),
  z.strictObject({
    outcome: z.literal('elsewhere'),
    hostName: PersonName,
    setting: EffectiveHostingView,
  }),
  z.strictObject({
    outcome: z.literal('zone'),
    ...OfZone,
    hostName: PersonName,
    setting: EffectiveHostingView,
    steps: z.array(ZoneStepView),
  }),
  z.strictObject({
    outcome: z.literal('no-zone'),
    hostName: PersonName,
    setting: EffectiveHostingView,
    steps: z.array(ZoneStepView),
  }),
]);
export type DryRunAnswer = z.output<typeof DryRunAnswer>;

export const MinimumVersionSetting = z.strictObject({
  version: VersionText.describe('An older connector is warned, and takes no new meetings from `fromMs` on'),
  fromMs: EpochMs,
});
export const VersionRule = z.strictObject({
  minimum: MinimumVersionSetting.nullable(),
  nodes: z.array(
    z.strictObject({
      nodeId: NodeIdSchema,
      name: Name,
      version: VersionText,
      standing: z.enum(['ok', 'warned', 'refused']),
    }),
  ),
});
export type VersionRule = z.output<typeof VersionRule>;
export const SetVersionRuleRequest = z.strictObject({ minimum: MinimumVersionSetting.nullable() });

export const checklistItems = [
  'token',
  'controller',
  'router',
  'version',
  'address',
  'test-meeting',
] as const;
export const ChecklistItem = z.strictObject({
  item: z.enum(checklistItems),
  state: z.enum(['ok', 'warning', 'missing']).describe('Only what is missing keeps from production mode'),
  subjects: z.array(z.string().max(300)).max(50).describe('What it is about: names of nodes, or addresses'),
});
export type ChecklistItem = z.output<typeof ChecklistItem>;
/** Test mode, production mode, and what stands between them. */
export const LiveView = z.strictObject({
  mode: ConnectorMode,
  testHosts: UserIds.describe('Whose meetings use the connector in test mode'),
  checklist: z.array(ChecklistItem),
  ready: z.boolean(),
});
export type LiveView = z.output<typeof LiveView>;
/** `POST /api/v1/connector/nodes/{nodeId}/drain`. */
export const DrainRouterRequest = z.strictObject({
  action: z.enum(['start', 'cancel']),
  ...drainDeadline,
});
export type DrainRouterRequest = z.output<typeof DrainRouterRequest>;
/** It was handed on; what comes of it monitoring shows. */
export const Accepted = z.strictObject({});

export const SetTestHostsRequest = z.strictObject({ userIds: UserIds });

export const downloadKinds = ['appliance', 'package', 'container', 'other'] as const;
export const ConnectorDownload = z.strictObject({
  name: z.string().max(255).describe('File name; GET …/downloads/{name} sends it'),
  kind: z.enum(downloadKinds),
  version: VersionText.nullable(),
  sizeBytes: z.int().min(0),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/u)
    .nullable()
    .describe('Null while it is being computed'),
  steps: z.array(lineText(500)).max(20).describe('What to do with it, from the operator'),
});
export type ConnectorDownload = z.output<typeof ConnectorDownload>;
export const DownloadList = z.strictObject({
  configured: z.boolean().describe('Whether the operator named a folder'),
  downloads: z.array(ConnectorDownload),
});
export type DownloadList = z.output<typeof DownloadList>;
