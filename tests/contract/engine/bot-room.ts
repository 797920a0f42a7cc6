import { BotTrack, createBotMedia, type BotEngine, type BotPattern } from '@guildhall/bots';
import type { MediaSession } from '@guildhall/meeting-client';
import type { TrackId } from '@guildhall/domain';
import { TrackIdSchema, type MediaOffer } from '@guildhall/protocol';
import type { Consumer, Room } from '../../../apps/mmr/src/engine/port.ts';
import { trackId } from './fixtures.ts';

export interface Joined {
  readonly session: MediaSession;
  readonly hear: (producerId: string) => Promise<Consumer>;
  /** The path stands and the room knows all that is sent. */
  readonly settled: () => Promise<unknown>;
  readonly person: number;
}

/** A bot in a room without the signalling between: what the router's media layer does, in a few lines. */
export const joinRoom = async (
  bots: BotEngine,
  room: Room,
  name: string,
  pattern: BotPattern,
): Promise<Joined> => {
  const [send, recv] = await Promise.all([
    room.createTransport({ participantId: name, direction: 'send' }),
    room.createTransport({ participantId: name, direction: 'recv' }),
  ]);
  const offer: MediaOffer = {
    epoch: 1,
    routerRtpCapabilities: room.rtpCapabilities,
    send: send.parameters,
    recv: recv.parameters,
  };
  const connected = Promise.withResolvers<void>();
  const producing: Promise<unknown>[] = [];
  const media = createBotMedia(bots, pattern);
  const session = await media.open(offer, {
    connect: (transportId, dtlsParameters) => {
      void [send, recv].find(({ id }) => id === transportId)?.connect(dtlsParameters);
    },
    produce: ({ trackId: producerId, kind, source, rtpParameters, muted }) => {
      producing.push(send.produce({ producerId, kind, source, rtpParameters, paused: muted }));
    },
    onState: (_direction, state) => {
      if (state === 'connected') connected.resolve();
      if (state === 'failed') connected.reject(new Error('the path failed'));
    },
  });
  const hear = async (producerId: string): Promise<Consumer> => {
    const consumer = await recv.consume({ producerId, rtpCapabilities: session.rtpCapabilities });
    await session.consume(consumer.parameters);
    return consumer;
  };
  return {
    session,
    hear,
    settled: () => Promise.all([connected.promise, ...producing]),
    person: media.person,
  };
};

export const sending = async (bot: Joined, source: 'mic' | 'camera'): Promise<TrackId> => {
  const id = TrackIdSchema.parse(trackId());
  const track = new BotTrack(source === 'mic' ? 'audio' : 'video', id);
  await bot.session.produce({ source, trackId: id, track, muted: false });
  await bot.settled();
  return id;
};
