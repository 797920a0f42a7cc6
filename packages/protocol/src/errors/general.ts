import { caller, callerLater, ours, transient, type ErrorEntry } from './entry.ts';

/** What any part may refuse: requests, sign-in, start-up, links. */
export const generalErrors = {
  internal: ours(
    'Something went wrong on our side. Try again; if it stays, give the operator the request id.',
  ),

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

  'rate.limited': callerLater(429, 'Too many attempts. Wait a moment and try again.'),

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

  'config.invalid': ours('The configuration cannot be used. The message names the key and the rule.'),

  'port.in-use': ours(
    'A port is taken by another program. The message names it and the setting that moves it.',
  ),

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
} as const satisfies Record<string, ErrorEntry>;
