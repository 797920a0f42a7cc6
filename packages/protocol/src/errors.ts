/** Whose fault it is: the caller's, ours, or nobody's for long (worth a retry). */
export type Fault = 'caller' | 'us' | 'transient';

export interface ErrorEntry {
  readonly fault: Fault;
  readonly retryable: boolean;
  readonly http: number;
  /** What happened and what to do, for a person. A more exact sentence may travel with the error itself. */
  readonly sentence: string;
}

const caller = (http: number, sentence: string): ErrorEntry => ({
  fault: 'caller',
  retryable: false,
  http,
  sentence,
});
const transient = (http: number, sentence: string): ErrorEntry => ({
  fault: 'transient',
  retryable: true,
  http,
  sentence,
});

/** Every error that may cross a border. docs/errors.md is generated from here and a test fails when they differ. */
export const errorCodes = {
  internal: {
    fault: 'us',
    retryable: false,
    http: 500,
    sentence: 'Something went wrong on our side. Try again; if it stays, give the operator the request id.',
  },

  'request.invalid': caller(400, 'The request was not understood. Check the named field.'),
  'request.malformed': caller(
    400,
    'The message is not valid JSON: it is cut off, nested too deeply, or names a key twice.',
  ),
  'request.too-large': caller(413, 'The message is larger than allowed. Send less.'),
  'request.headers-too-large': caller(431, 'The request headers are larger than allowed.'),
  'request.unsupported-type': caller(415, 'The content type is not supported. Send application/json.'),
  'request.unknown-method': caller(404, 'There is no such method. Check its name and the protocol version.'),
  'request.method-not-allowed': caller(405, 'This address does not answer that HTTP method.'),
  'request.timeout': transient(504, 'No answer came in time. Try again.'),
  'request.cross-site': caller(403, 'The request came from another site and was refused.'),
  'request.cancelled': caller(499, 'The request was cancelled by who sent it.'),
  'request.conflict': caller(
    409,
    'Somebody else changed this at the same time. Load it again and repeat your change.',
  ),
  'not-found': caller(404, 'There is nothing at this address, or you may not see it.'),
  'rate.limited': {
    fault: 'caller',
    retryable: true,
    http: 429,
    sentence: 'Too many attempts. Wait a moment and try again.',
  },
  overloaded: transient(503, 'The server is busy right now. Try again in a moment.'),
  'store.unavailable': transient(
    503,
    'The database cannot be reached right now; nothing was changed. Try again in a moment.',
  ),

  'auth.required': caller(401, 'You are not signed in, or your session has ended. Sign in and try again.'),
  'auth.wrong-credentials': caller(401, 'The e-mail address or the password is wrong.'),
  'auth.forbidden': caller(403, 'Your role does not allow this. Ask an administrator of your account.'),
  'auth.password-change-required': caller(403, 'Change the first password before you go on.'),
  'auth.weak-password': caller(
    422,
    'This password is too easy to guess. Use at least 10 characters that are not a common password.',
  ),
  'auth.wrong-password': caller(403, 'The current password is wrong.'),

  'auth.invalid': caller(401, 'The signed token is not valid here.'),
  'auth.expired': caller(401, 'The signed token has expired. Check the clocks of both sides.'),
  'auth.replayed': caller(401, 'This signed token was used before; each is good once.'),

  'config.invalid': {
    fault: 'us',
    retryable: false,
    http: 500,
    sentence: 'The configuration cannot be used. The message names the key and the rule.',
  },
  'port.in-use': {
    fault: 'us',
    retryable: false,
    http: 500,
    sentence: 'A port is taken by another program. The message names it and the setting that moves it.',
  },

  'user.email-taken': caller(409, 'A user with this e-mail address already exists.'),
  'user.name-taken': caller(409, 'A user with this name already exists. Choose another name.'),
  'user.last-operator': caller(
    409,
    'The console needs at least one user who may operate it. Give this authority to somebody else first.',
  ),
  'user.too-many': caller(409, 'This console has as many users as it may have. Delete one first.'),
  'user.last-owner': caller(409, 'The account needs at least one owner. Make somebody else owner first.'),

  'protocol.version': caller(
    426,
    'This client speaks a protocol version the server does not. Reload the page or update.',
  ),
  'protocol.hello-required': caller(401, 'Say hello first.'),
  'protocol.hello-repeated': caller(409, 'Hello was already said on this connection.'),
  'link.closed': transient(
    503,
    'The connection was closed before the answer came. It will be made again by itself.',
  ),
  'link.refused': caller(403, 'The server refused the connection.'),
  'link.unreachable': transient(503, 'The server could not be reached. It is tried again by itself.'),
  'link.replaced': caller(409, 'This connection was replaced by a newer one of the same participant.'),

  'meeting.not-found': caller(404, 'There is no meeting with this number. Check the number or ask the host.'),
  'meeting.passcode-required': caller(403, 'This meeting has a passcode. Enter it to join.'),
  'meeting.wrong-passcode': caller(403, 'The passcode is wrong. Check the invitation or ask the host.'),
  'meeting.name-required': caller(422, 'Enter the name others will see.'),
  'meeting.guests-not-allowed': caller(
    403,
    'Guests cannot join this meeting. Sign in with an account of the organisation.',
  ),
  'meeting.locked': caller(403, 'The host has locked this meeting. Ask the host to unlock it.'),
  'meeting.removed': caller(403, 'The host removed you from this meeting.'),
  'meeting.refused': caller(403, 'The host did not admit you to this meeting.'),
  'meeting.ended': caller(410, 'This meeting has ended.'),
  'meeting.waiting': caller(403, 'You are in the lobby. This is possible once the host admits you.'),
  'meeting.not-allowed': caller(403, 'Your role in this meeting does not allow this. Ask the host.'),
  'meeting.unknown-participant': caller(404, 'This person is not in the meeting any more.'),
  'meeting.chat-off': caller(403, 'The host has turned chat off.'),
  'meeting.not-stored': transient(
    503,
    'No zone controller could store this decision, so it may be lost if the router fails. It is in force; repeat it to be sure.',
  ),
  'meeting.not-here': transient(
    409,
    'This meeting is not open on this router. Join again through the zone controller.',
  ),

  'ticket.invalid': caller(401, 'This ticket is not valid here. Open the meeting link again.'),
  'ticket.expired': {
    fault: 'caller',
    retryable: true,
    http: 401,
    sentence: 'This ticket has expired. Open the meeting link again.',
  },
  'seat.invalid': caller(401, 'This seat is not valid on this router. Join again.'),
  'seat.expired': {
    fault: 'caller',
    retryable: true,
    http: 401,
    sentence: 'This seat has expired. Join again.',
  },
  'rejoin.invalid': caller(401, 'The rejoin token is not valid in this zone. Open the meeting link again.'),
  'rejoin.expired': caller(401, 'The rejoin token has expired. Open the meeting link again.'),

  'pass.invalid': caller(
    401,
    'This right to join without the portal is not valid here. Join again when the portal answers.',
  ),
  'pass.expired': caller(
    401,
    'This right to join without the portal has expired. Join again when the portal answers.',
  ),
  'pass.revoked': caller(
    403,
    'This right to join without the portal was withdrawn. Join again when the portal answers.',
  ),
  'portal.away': transient(
    503,
    'The portal cannot be reached. Until it answers, members who were signed in here can start and join the meetings kept in this browser; guests and everybody else can join again later.',
  ),

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

  'media.unavailable': transient(503, 'The media engine is not ready. It is retried by itself.'),
  'media.limit': caller(429, 'The limit of media streams for one participant is reached.'),
  'media.invalid-parameters': caller(422, 'The media parameters are not valid. Check the named field.'),
  'media.unknown-transport': caller(404, 'There is no such transport.'),
  'media.unknown-producer': caller(404, 'There is no such producer.'),
  'media.unknown-consumer': caller(404, 'There is no such consumer.'),
  'media.cannot-consume': caller(422, 'This browser cannot receive that stream.'),
  'media.already-connected': caller(
    409,
    'This transport is already connected; the first connection was kept.',
  ),
  'media.source-taken': caller(409, 'This source is already being sent.'),
  'media.screen-not-allowed': caller(403, 'Only hosts may share a screen in this meeting.'),

  'certificate.unreadable': caller(
    422,
    'This is not a certificate in PEM form. Paste everything from BEGIN CERTIFICATE to END CERTIFICATE.',
  ),
  'certificate.key-unreadable': caller(
    422,
    'This is not a private key in PEM form. Paste everything from BEGIN PRIVATE KEY to END PRIVATE KEY.',
  ),
  'certificate.key-encrypted': caller(
    422,
    'The private key is protected with a password. Remove the password first and paste the plain key.',
  ),
  'certificate.key-mismatch': caller(
    422,
    'The private key does not belong to this certificate. Use the key its request was made with.',
  ),
  'certificate.key-missing': caller(
    422,
    'No private key was given and there is no open request whose key fits. Paste the key too.',
  ),
  'certificate.weak': caller(
    422,
    'The key or the signature is too weak for browsers. Use RSA of at least 2048 bits or EC P-256 or P-384, signed with SHA-256 or better.',
  ),
  'certificate.expired': caller(
    422,
    'The certificate has expired. Get a new one, and check the clock of this server.',
  ),
  'certificate.not-yet-valid': caller(
    422,
    'The certificate is not valid yet. Check the clock of this server.',
  ),
  'certificate.chain-too-long': caller(
    422,
    'There are more than 10 certificates. Paste the one of this server and those of the authorities that signed it.',
  ),
  'certificate.chain-order': caller(
    422,
    'Each certificate has to be signed by the next one. Put the one of this server first, then the authority that signed it, and so on.',
  ),
  'certificate.no-names': caller(
    422,
    'The certificate names no host, so browsers refuse it. It needs the names in its subject alternative names.',
  ),
  'certificate.order-running': caller(409, 'A certificate is being ordered already. Wait until that ends.'),

  'update.not-managed': caller(
    409,
    'This installation is not updated by bundles. Where it runs from a clone, updates come by git.',
  ),
  'update.damaged': caller(
    422,
    'The bundle is cut off or damaged, or holds other files than it says. Download and upload it again.',
  ),
  'update.unsigned': caller(422, 'The bundle is not signed. Use one from the maker of this product.'),
  'update.wrong-key': caller(
    422,
    'The bundle is signed by a key this server does not trust. Use one from the maker of this product.',
  ),
  'update.other-product': caller(422, 'The bundle is for another product.'),
  'update.older': caller(
    422,
    'The bundle is not newer than the version in use. To go back, switch to an installed version.',
  ),
  'update.unsafe-path': caller(
    422,
    'The bundle holds something that is no plain file in its own folder. It was refused unopened.',
  ),
  'update.too-large': caller(413, 'The bundle is larger than this server takes.'),

  'service.not-paired': caller(
    409,
    'This node is not paired with an account yet. Paste the connector token first.',
  ),
  'service.cloud-unreachable': transient(
    502,
    'The cloud cannot be reached from this node. Check the address, the network and the proxy.',
  ),
  'proxy.unreachable': transient(
    502,
    'The HTTP proxy of this node does not answer. Check it under Network, Address, and that it runs.',
  ),
  'proxy.sign-in-required': caller(
    502,
    'The HTTP proxy of this node wants a user name and password. Set proxyCredentials of the console, or let this server through without.',
  ),
  'proxy.refused': caller(
    502,
    'The HTTP proxy of this node refused a tunnel to the cloud. Allow CONNECT to its name and port there.',
  ),
  'service.not-running': caller(409, 'The service does not run on this node, so there is nothing to drain.'),
  'service.unknown': caller(404, 'There is no such service on this node.'),

  'network.invalid': caller(
    422,
    'A network setting breaks a rule. The message names the field and the rule.',
  ),
  'network.not-permitted': caller(
    409,
    'This console may not change the network of its machine. It shows what it would do; do it there by hand.',
  ),
  'network.pending': caller(
    409,
    'Another change of the network waits for its confirmation. Confirm it or take it back first.',
  ),
  'network.nothing-pending': caller(
    409,
    'This change was already taken back. Look at the settings in force.',
  ),
  'network.failed': {
    fault: 'us',
    retryable: false,
    http: 500,
    sentence: 'The network settings could not be applied; the old ones are in force. The message says why.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorCodes, text);
