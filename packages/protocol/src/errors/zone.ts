import { caller, transient, type ErrorEntry } from './entry.ts';

/** The zone, its routers, and the account’s settings for them in the portal. */
export const zoneErrors = {
  'zone.no-router': transient(
    503,
    'No multimedia router of this zone is running. It is retried by itself; tell your administrator if it stays.',
  ),
  'zone.full': transient(
    503,
    'Every multimedia router of this zone is full. Try later or ask your administrator to add a router.',
  ),

  'router.overloaded': transient(
    503,
    'The multimedia router of this meeting has as much to do as it can without harm to those who are in. Try again in a moment; if it stays, ask your administrator to add a router.',
  ),

  'zone.no-policy': transient(
    503,
    'This zone controller has not received its policy from the cloud yet. Try again in a moment.',
  ),
  'zone.open-failed': transient(503, 'The multimedia router could not open the meeting. Try again.'),
  'zone.stale-epoch': caller(409, 'This order is older than one already obeyed.'),

  'connector.not-enabled': caller(
    409,
    'Meeting Connector is not enabled for this account. An administrator can enable it in the portal.',
  ),
  'connector.no-controller': transient(
    503,
    'No zone controller of this account is connected. Ask your administrator to check the connector.',
  ),
  'connector.not-live': caller(
    403,
    'The connector is in test mode, so only test hosts can use it. An administrator can switch it to production mode.',
  ),
  'connector.not-ready': caller(
    409,
    'The connector is not ready for production mode. The checklist says what is missing and what to do.',
  ),
  'connector.outdated': caller(
    409,
    'This connector is older than the account’s minimum version, so it takes no new meetings. Ask your administrator to update it.',
  ),
  'connector.wrong-token': caller(
    403,
    'The connector token is wrong or was regenerated. Copy the current one from the portal.',
  ),

  'hosting.elsewhere': caller(
    409,
    'Meetings of this host are not hosted on the connector. An administrator can change where they are hosted.',
  ),
  'hosting.no-zone': caller(
    409,
    'No zone of the connector may host meetings of this person. An administrator can allow it in the portal.',
  ),
  'hosting.locked': caller(
    409,
    'A higher level is locked, so this setting would change nothing. Unlock the account or the group first.',
  ),
  'hosting.wrong-address': caller(422, 'This is not an IP address. Write it in full, such as 10.1.2.3.'),
  'hosting.wrong-subnet': caller(
    422,
    'This is not a subnet. Write the network address and the prefix length, such as 10.1.0.0/16.',
  ),
  'hosting.subnet-taken': caller(409, 'This subnet belongs to another zone already. Remove it there first.'),
  'hosting.name-taken': caller(409, 'This name is taken already. Choose another one.'),
  'hosting.zone-in-use': caller(
    409,
    'This zone has nodes, or is the default zone. Move its nodes and make another zone the default first.',
  ),

  'alert.forbidden-address': caller(
    422,
    'A webhook may not call this address. Use an https address of your own.',
  ),
  'alert.no-mail': caller(
    409,
    'This cloud has no mail server. Ask its operator to configure one, or use a webhook.',
  ),
  'alert.not-delivered': caller(502, 'The test message was not delivered. The delivery log says why.'),

  'node.unknown': caller(
    401,
    'This node is not enrolled, or was removed from the account. Pair it again with the connector token.',
  ),
  'node.bad-proof': caller(401, 'The node could not prove its identity. Check its clock and pair it again.'),
} as const satisfies Record<string, ErrorEntry>;
