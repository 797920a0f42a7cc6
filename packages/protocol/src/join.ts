import { z } from 'zod';
import { MeetingIdSchema, ParticipantIdSchema, RouterIdSchema } from './ids.ts';
import { Jwt } from './tokens.ts';
import { WsUrl } from './text.ts';

/**
 * `POST /v1/join` of a zone controller: exactly one of the tokens. `pass` is for when the cloud does not answer; a
 * controller that does not know it refuses it as `request.invalid`.
 */
export const ZoneJoinRequest = z.union([
  z.strictObject({ ticket: Jwt }),
  z.strictObject({ rejoin: Jwt }),
  z.strictObject({ pass: Jwt }),
]);
export type ZoneJoinRequest = z.output<typeof ZoneJoinRequest>;

export const ZoneJoinAnswer = z.strictObject({
  meetingId: MeetingIdSchema,
  participantId: ParticipantIdSchema,
  routerId: RouterIdSchema,
  /** WebSocket addresses of the router's signalling, inside ones first; the client takes the first that opens. */
  routerUrls: z.array(WsUrl).min(1).max(8),
  seat: Jwt,
  /** Lets this person come back through any controller of the zone for 24 hours, without the cloud. */
  rejoin: Jwt,
});
export type ZoneJoinAnswer = z.output<typeof ZoneJoinAnswer>;

/** `GET /v1/ping` of a zone controller: which controller answers soonest, and whether it could take a join. */
export const ZonePingAnswer = z.strictObject({ controllerId: z.string().max(80), ready: z.boolean() });
