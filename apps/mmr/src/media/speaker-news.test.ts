import { FakeClock } from '@guildhall/kit';
import { ParticipantIdSchema, quietLinkMs } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import type { MeetingEventData } from '../types.ts';
import { SpeakerNews } from './speaker-news.ts';

const [ann, bob] = ['prt_0000000001', 'prt_0000000002'].map((id) => ParticipantIdSchema.parse(id));

function scene() {
  const clock = new FakeClock();
  const told: string[] = [];
  const news = new SpeakerNews(clock, ({ speakers }) =>
    told.push(speakers.map(({ participantId, levelDb }) => `${participantId.at(-1)} ${levelDb}`).join(', ')),
  );
  const say = async (speakers: MeetingEventData<'speakers'>['speakers']): Promise<void> => {
    news.heard({ speakers });
    await clock.advance(300);
  };
  return { told, say };
}

const at = (participantId: typeof ann, levelDb: number): MeetingEventData<'speakers'>['speakers'] =>
  participantId === undefined ? [] : [{ participantId, levelDb }];

test('who begins, stops, takes over or becomes clearly louder is told at once', async () => {
  const { told, say } = scene();
  await say(at(ann, -40));
  await say(at(bob, -40));
  await say(at(bob, -34));
  await say([...at(bob, -34), ...at(ann, -50)]);
  await say([]);
  expect(told).toEqual(['1 -40', '2 -40', '2 -34', '2 -34, 1 -50', '']);
});

test('what nobody would notice is repeated now and then only; small steps add up', async () => {
  const { told, say } = scene();
  for (const levelDb of [-40, -39, -41, -40]) await say(at(ann, levelDb));
  expect(told).toEqual(['1 -40']);
  await say(at(ann, -41));
  expect(told).toEqual(['1 -40', '1 -41']);
  for (const levelDb of [-39, -37, -35, -33]) await say(at(ann, levelDb));
  expect(told).toEqual(['1 -40', '1 -41', '1 -35']);
});

test('while somebody speaks no client finds its link quiet', async () => {
  const clock = new FakeClock();
  let toldAtMs = clock.monotonicMs();
  let longestMs = 0;
  const news = new SpeakerNews(clock, () => {
    longestMs = Math.max(longestMs, clock.monotonicMs() - toldAtMs);
    toldAtMs = clock.monotonicMs();
  });
  for (let opinion = 0; opinion < 60; opinion += 1) {
    news.heard({ speakers: at(ann, -40) });
    await clock.advance(333);
  }
  expect(longestMs).toBeLessThan(quietLinkMs);
});
