import type { MeetingChange, ParticipantId, TrackView } from '@guildhall/domain';
import { ChatLineIdSchema, ParticipantIdSchema, TrackIdSchema } from '@guildhall/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MediaLink, RemoteTrack } from '../types.ts';
import { Elsewhere } from './elsewhere.ts';

const idOf = (index: number): ParticipantId =>
  ParticipantIdSchema.parse(`prt_${String(index).padStart(10, '0')}`);
const trackOf = (index: number): TrackView => ({
  trackId: TrackIdSchema.parse(`trk_${String(index).padStart(10, '0')}`),
  source: 'mic',
  muted: false,
});
const link: MediaLink = {
  offer: () => Promise.reject(new Error('not asked')),
  connect: () => Promise.reject(new Error('not asked')),
  serve: () => Promise.reject(new Error('not asked')),
  release: () => undefined,
  ended: () => undefined,
  close: () => undefined,
};

/** A meeting of so many, each with a microphone, all behind another router. */
const scene = (count: number) => {
  const people = Array.from({ length: count }, (_, index) => ({
    participantId: idOf(index),
    tracks: [trackOf(index)],
  }));
  const here = new Set<ParticipantId>();
  const told: { participantId: ParticipantId; tracks: readonly RemoteTrack[] | undefined }[] = [];
  let reads = 0;
  const elsewhere = new Elsewhere({
    media: () => ({ setElsewhere: (participantId, tracks) => void told.push({ participantId, tracks }) }),
    people: () => {
      reads += 1;
      return people;
    },
    linkOf: (participantId) => (here.has(participantId) ? undefined : link),
  });
  elsewhere.renewed();
  const news = (): typeof told => told.splice(0);
  return { people, here, elsewhere, news, readsOf: (act: () => void) => ((reads = 0), act(), reads) };
};

const chat: MeetingChange = {
  kind: 'chat.added',
  line: {
    lineId: ChatLineIdSchema.parse('cht_0000000000'),
    participantId: idOf(0),
    name: 'Ann',
    text: 'hello',
    sentAtMs: 1,
  },
};

test("what concerns nobody's tracks is not looked at, in a meeting of whatever size", () => {
  const { elsewhere, news, readsOf } = scene(500);
  news();
  const reads = readsOf(() => {
    for (const change of [
      chat,
      { kind: 'lock.changed', locked: true },
      { kind: 'speaker.changed', participantId: idOf(3) },
      { kind: 'participant.changed', participantId: idOf(3), handRaisedAtMs: 5 },
    ] satisfies MeetingChange[])
      elsewhere.changed([change]);
  });
  expect([reads, news()]).toEqual([0, []]);
});

test('who mutes, comes in, moves or leaves is told of alone', () => {
  const { people, here, elsewhere, news } = scene(500);
  expect(news()).toHaveLength(500);
  const [{ trackId }] = [trackOf(7)];
  people.splice(7, 1, { participantId: idOf(7), tracks: [{ ...trackOf(7), muted: true }] });
  elsewhere.changed([chat, { kind: 'track.changed', participantId: idOf(7), trackId, muted: true }]);
  expect(news()).toMatchObject([{ participantId: idOf(7), tracks: [{ trackId, muted: true, link }] }]);
  here.add(idOf(8));
  elsewhere.moved([idOf(8)]);
  expect(news()).toEqual([{ participantId: idOf(8), tracks: undefined }]);
  people.splice(9, 1);
  elsewhere.changed([{ kind: 'participant.left', participantId: idOf(9), reason: 'left' }]);
  expect(news()).toEqual([{ participantId: idOf(9), tracks: undefined }]);
  // Of somebody who was never elsewhere nothing is to be said.
  elsewhere.changed([{ kind: 'participant.left', participantId: idOf(600), reason: 'left' }]);
  expect([news(), elsewhere.count]).toEqual([[], 498]);
});

test('change by change the media knows what a look at everything would say', () => {
  const who = fc.nat({ max: 5 });
  const step = fc.record({
    kind: fc.constantFrom('join', 'leave', 'track', 'move'),
    who,
    muted: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { people, here, elsewhere, news } = scene(3);
      const known = new Map<ParticipantId, readonly RemoteTrack[]>();
      for (const { kind, who: index, muted } of steps) {
        const participantId = idOf(index);
        const at = people.findIndex((one) => one.participantId === participantId);
        const person = { participantId, tracks: [{ ...trackOf(index), muted }] };
        if (kind === 'join' && at < 0) {
          people.push(person);
          const participant = {
            ...person,
            name: 'Ann',
            role: 'participant',
            presence: 'connected',
            joinedAtMs: 0,
            handRaisedAtMs: null,
          } as const;
          elsewhere.changed([{ kind: 'participant.joined', participant }]);
        } else if (kind === 'leave' && at >= 0) {
          people.splice(at, 1);
          elsewhere.changed([{ kind: 'participant.left', participantId, reason: 'left' }]);
        } else if (kind === 'track' && at >= 0) {
          people.splice(at, 1, person);
          const { trackId } = trackOf(index);
          elsewhere.changed([{ kind: 'track.changed', participantId, trackId, muted }]);
        } else if (kind === 'move') {
          if (!here.delete(participantId)) here.add(participantId);
          elsewhere.moved([participantId]);
        }
        for (const { participantId: told, tracks } of news()) {
          if (tracks) known.set(told, tracks);
          else known.delete(told);
        }
        const all = people
          .filter((one) => !here.has(one.participantId))
          .map(({ participantId: id, tracks }) => [
            id,
            tracks.map((track) => ({ ...track, participantId: id, link })),
          ]);
        expect(Object.fromEntries(known)).toEqual(Object.fromEntries(all));
      }
    }),
  );
});
