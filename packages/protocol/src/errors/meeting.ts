import { caller, callerLater, transient, type ErrorEntry } from './entry.ts';

/** Getting into a meeting, being in it, and its media. */
export const meetingErrors = {
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
  'ticket.expired': callerLater(401, 'This ticket has expired. Open the meeting link again.'),

  'seat.invalid': caller(401, 'This seat is not valid on this router. Join again.'),
  'seat.expired': callerLater(401, 'This seat has expired. Join again.'),

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
} as const satisfies Record<string, ErrorEntry>;
