import {
  CreateMeetingRequest,
  ErrorEnvelope,
  JoinAnswer,
  JoinRequest,
  Meeting,
  MeetingList,
  MeetingListQuery,
  MeetingNumber,
  MeetingPass,
  MeetingPassList,
  MeetingPublicInfo,
  Ok,
  PassRequest,
  UpdateMeetingRequest,
} from '@guildhall/protocol';
import { z } from 'zod';
import type { App, WebServices } from './types.ts';

const Params = z.object({ number: MeetingNumber });

/** A person's own meetings, and joining anybody's. */
export function addMeetingRoutes(app: App, { callers, meetings, joins, passes }: WebServices): void {
  const tags = ['Meetings'];

  app.get(
    '/api/v1/meetings',
    {
      schema: {
        tags,
        summary: 'List my meetings',
        description: 'Upcoming and running ones by time, or past ones newest first, in pages.',
        querystring: MeetingListQuery,
        response: { 200: MeetingList, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      const { when = 'upcoming', limit, cursor } = request.query;
      return meetings.list(user, { when, limit, cursor });
    },
  );

  app.post(
    '/api/v1/meetings',
    {
      schema: {
        tags,
        summary: 'Make a meeting',
        description: 'An instant one, or a scheduled one when startsAtMs is given.',
        body: CreateMeetingRequest,
        response: { 201: Meeting, default: ErrorEnvelope },
      },
    },
    async (request, reply) => {
      const { user } = await callers.signedIn(request);
      return reply.code(201).send(await meetings.create(user, request.body));
    },
  );

  app.get(
    '/api/v1/meetings/:number',
    {
      schema: {
        tags,
        summary: 'One of my meetings',
        params: Params,
        response: { 200: Meeting, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      return meetings.get(user, request.params.number);
    },
  );

  app.patch(
    '/api/v1/meetings/:number',
    {
      schema: {
        tags,
        summary: 'Change one of my meetings',
        description:
          'What is not named stays. Topic and settings that change reach a running meeting at once.',
        params: Params,
        body: UpdateMeetingRequest,
        response: { 200: Meeting, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      return meetings.update(user, request.params.number, request.body);
    },
  );

  app.delete(
    '/api/v1/meetings/:number',
    {
      schema: {
        tags,
        summary: 'Delete one of my meetings',
        description: 'A running one is ended for everybody.',
        params: Params,
        response: { 200: Ok, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      await meetings.remove(user, request.params.number);
      return { ok: true } as const;
    },
  );

  app.get(
    '/api/v1/meetings/:number/info',
    {
      schema: {
        tags,
        summary: 'What anybody with the link may know',
        description: 'Needs no sign-in.',
        params: Params,
        response: { 200: MeetingPublicInfo, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const session = await callers.session(request);
      return joins.info(request.params.number, session?.user, request.ip);
    },
  );

  app.post(
    '/api/v1/meetings/:number/join',
    {
      schema: {
        tags,
        summary: 'Join a meeting',
        description:
          'Signed in or as a guest with a name. Answers a ticket of some minutes and the zone controllers to show it to.',
        params: Params,
        body: JoinRequest,
        response: { 200: JoinAnswer, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const session = await callers.session(request);
      const { name, passcode } = request.body;
      const { number } = request.params;
      return joins.join({ number, user: session?.user, name, passcode, address: request.ip });
    },
  );

  app.get(
    '/api/v1/passes',
    {
      schema: {
        tags,
        summary: 'The right to start my next meetings without the portal',
        description:
          'For the own meetings that begin within the days a pass is good. The page keeps them for when the portal does not answer.',
        response: { 200: MeetingPassList, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      return { passes: await passes.ofHost(user) };
    },
  );

  app.post(
    '/api/v1/meetings/:number/pass',
    {
      schema: {
        tags,
        summary: 'The right to join one meeting without the portal',
        description: 'For members of the meeting’s account who know its passcode.',
        params: Params,
        body: PassRequest,
        response: { 200: MeetingPass, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const { user } = await callers.signedIn(request);
      const { passcode } = request.body;
      const { number } = request.params;
      return passes.forMeeting({ number, user, name: undefined, passcode, address: request.ip });
    },
  );
}
