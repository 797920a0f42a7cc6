import type { ParticipantView } from '@guildhall/domain';
import { ParticipantIdSchema, TrackIdSchema } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { arrange, wantedOf, type Scene } from './tiles.ts';

const person = (name: string, ...sources: ('camera' | 'screen')[]): ParticipantView => ({
  participantId: ParticipantIdSchema.parse(`prt_${name.padEnd(10, '0')}`),
  name,
  role: 'participant',
  presence: 'connected',
  joinedAtMs: 1,
  handRaisedAtMs: null,
  tracks: sources.map((source) => ({
    trackId: TrackIdSchema.parse(`trk_${`${name}${source}`.padEnd(10, '0')}`),
    source,
    muted: false,
  })),
});

const me = person('me', 'camera');
const scene = (fields: Partial<Scene>): Scene => ({
  area: { widthPx: 1280, heightPx: 640 },
  mode: 'auto',
  page: 0,
  self: me,
  others: [],
  speaker: null,
  ...fields,
});
const names = (fields: Partial<Scene>): string[] =>
  arrange(scene(fields)).tiles.map((tile) =>
    tile.kind === 'screen' ? `screen of ${tile.person.name}` : tile.person.name,
  );

test('alone one sees oneself; with one other the own picture hovers; with more it stands in the grid', () => {
  expect(names({})).toEqual(['me']);
  const two = arrange(scene({ others: [person('ann')] }));
  expect([two.tiles.length, two.selfOver]).toEqual([1, two.tiles[0]?.box]);
  expect(names({ others: [person('ann'), person('bob')] })).toEqual(['ann', 'bob', 'me']);
});

test('a shared screen takes the stage by itself, unless the grid was chosen', () => {
  const others = [person('ann'), person('bob', 'screen')];
  expect(names({ others })[0]).toBe('screen of bob');
  expect(names({ others, mode: 'grid' })).toEqual(['ann', 'bob', 'me']);
  expect(names({ self: person('me', 'screen'), others: [person('ann')] })[0]).toBe('screen of me');
});

test('speaker view shows who speaks large and the others beside', () => {
  const others = [person('ann'), person('bob'), person('cho')];
  const bob = others[1]?.participantId ?? null;
  expect(names({ others, mode: 'speaker', speaker: bob })).toEqual(['bob', 'ann', 'cho', 'me']);
  expect(names({ others, mode: 'speaker' })[0]).toBe('ann');
});

test('many people come in pages; a page that is gone shows the last', () => {
  const others = Array.from({ length: 60 }, (_, index) => person(`p${index}`));
  const { pages, tiles } = arrange(scene({ others, page: 99 }));
  expect([pages, tiles.length]).toEqual([3, 11]);
});

test('pictures are wanted as large as they are drawn, in device pixels, and never the own', () => {
  const { tiles } = arrange(scene({ others: [person('ann'), person('bob', 'screen')] }));
  const wanted = wantedOf(tiles, 2);
  expect(wanted.map((one) => one.source)).toEqual(['screen', 'camera', 'camera']);
  expect(wanted[0]?.widthPx).toBe((tiles[0]?.box.widthPx ?? 0) * 2);
});
