import type { MeetingCommand, ParticipantId, TrackId } from '@guildhall/domain';
import type { meetingContract } from '@guildhall/protocol';
import type { Handlers, InputReceived, RequestName } from '@guildhall/rpc';
import type { Attendance } from '../types.ts';

type Served = (typeof meetingContract)['a'];
type Input<K extends RequestName<Served>> = InputReceived<Served, K>;

/** What the table needs of a link. */
export interface Gatekeeper {
  hello: Handlers<Served>['hello'];
  /** The attendance of a link that is in the meeting. @throws hello-required (and closes), meeting.waiting, rate.limited */
  joined(): Attendance;
  /** The same, or in the lobby. */
  present(): Attendance;
  /** Counts what is dearer than other messages. @throws rate.limited */
  count(kind: 'produce' | 'chat'): void;
}

/**
 * The whole of what a browser may ask, and in which state of its link: before `hello` nothing else, in the lobby only
 * `leave` and `move.done`. Which role may do what is not decided here but by the rules of the meeting (domain, permissions).
 */
export const meetingHandlers = (gate: Gatekeeper): Handlers<Served> => {
  const none = {};
  /** What the engine is being asked to take. Whoever stops or unmutes a track does not wait for the answer to having begun it. */
  const beginning = new Map<TrackId, Promise<unknown>>();
  const command =
    <K extends RequestName<Served>>(build: (input: Input<K>, by: ParticipantId) => MeetingCommand) =>
    async (input: Input<K>): Promise<Record<string, never>> => {
      const attendance = gate.joined();
      await attendance.act(build(input, attendance.participantId));
      return none;
    };
  return {
    hello: gate.hello,
    leave: async (_input, context) => {
      const attendance = gate.present();
      // The answer first: leaving closes the link.
      context.reply(none);
      await attendance.act({ kind: 'leave', participantId: attendance.participantId });
      return none;
    },
    'move.done': (_input, context) => {
      const attendance = gate.present();
      // The answer first: the last one closes the links.
      context.reply(none);
      attendance.moved();
      return none;
    },
    'view.get': () => gate.joined().view(),

    'media.attach': ({ epoch, rtpCapabilities }) => {
      const { media, participantId } = gate.joined();
      media.attach(participantId, epoch, rtpCapabilities);
      return none;
    },
    'media.connect': async ({ transportId, dtlsParameters }) => {
      const { media, participantId } = gate.joined();
      await media.connect(participantId, transportId, dtlsParameters);
      return none;
    },
    'media.restartIce': async ({ transportId }) => {
      const { media, participantId } = gate.joined();
      return { iceParameters: await media.restartIce(participantId, transportId) };
    },
    'media.produce': async (request) => {
      const attendance = gate.joined();
      gate.count('produce');
      const { trackId } = request;
      const produced = attendance.produce(request);
      const settled = produced
        .catch(() => undefined)
        .finally(() => beginning.get(trackId) === settled && beginning.delete(trackId));
      beginning.set(trackId, settled);
      await produced;
      return none;
    },
    'media.mute': async ({ trackId, muted }) => {
      await beginning.get(trackId);
      await gate.joined().mute(trackId, muted);
      return none;
    },
    'media.stop': async ({ trackId }) => {
      await beginning.get(trackId);
      await gate.joined().stop(trackId);
      return none;
    },
    'media.want': ({ tiles }) => {
      const { media, participantId } = gate.joined();
      media.want(participantId, tiles);
      return none;
    },
    'media.consumerReady': async ({ consumerId }) => {
      const { media, participantId } = gate.joined();
      await media.consumerReady(participantId, consumerId);
      return none;
    },

    'chat.send': ({ lineId, text }) => {
      const attendance = gate.joined();
      gate.count('chat');
      return attendance.chat(lineId, text);
    },
    'hand.set': command<'hand.set'>(({ raised }, by) => ({ kind: 'hand', by, raised })),
    'name.set': command<'name.set'>(({ name }, by) => ({ kind: 'name', by, name })),

    'host.admit': command<'host.admit'>(({ participantId }, by) => ({ kind: 'admit', by, participantId })),
    'host.admitAll': command<'host.admitAll'>((_input, by) => ({ kind: 'admitAll', by })),
    'host.refuse': command<'host.refuse'>(({ participantId }, by) => ({ kind: 'refuse', by, participantId })),
    'host.lock': command<'host.lock'>(({ locked }, by) => ({ kind: 'lock', by, locked })),
    'host.mute': command<'host.mute'>((input, by) => ({ kind: 'mute', by, ...input })),
    'host.muteAll': command<'host.muteAll'>((_input, by) => ({ kind: 'muteAll', by })),
    'host.remove': command<'host.remove'>(({ participantId }, by) => ({ kind: 'remove', by, participantId })),
    'host.setRole': command<'host.setRole'>((input, by) => ({ kind: 'setRole', by, ...input })),
    'host.setSettings': command<'host.setSettings'>(({ settings }, by) => ({
      kind: 'setSettings',
      by,
      settings,
    })),
    'host.end': command<'host.end'>((_input, by) => ({ kind: 'end', by })),
  };
};
