import { z } from 'zod';
import { MeetingIdSchema, UserIdSchema } from '../ids.ts';
import { Topic } from '../meeting.ts';
import { EpochMs, MeetingNumber, VersionText } from '../text.ts';
import { defineContract, Hello } from './define.ts';

/** cloud gateway ↔ a signed-in person's page: side a is the gateway. The session cookie says who it is. */
export const gatewayContract = defineContract({
  name: 'gateway',
  version: 1,
  a: {
    requests: {
      hello: {
        input: z.strictObject(Hello),
        output: z.strictObject({ userId: UserIdSchema, version: VersionText }),
        errors: ['auth.required', 'protocol.version'],
        retry: 'safe',
      },
    },
    events: {
      /** Told again after a reconnect while the meeting runs; `meetingId` and `startedAtMs` tell a repeat. */
      'meeting.started': {
        data: z.strictObject({
          meetingId: MeetingIdSchema,
          number: MeetingNumber,
          topic: Topic,
          startedAtMs: EpochMs,
        }),
      },
      'meeting.ended': { data: z.strictObject({ meetingId: MeetingIdSchema, number: MeetingNumber }) },
      /** The list of my meetings changed elsewhere: load it again. */
      'meetings.changed': { data: z.strictObject({}) },
    },
  },
  b: { requests: {}, events: {} },
});
