import type { ParticipantView } from '@guildhall/domain';
import type { WantedTile } from '@guildhall/protocol';
import { gridBoxes, stageBoxes, stripSize, type Area, type Box } from '../lib/tile-grid.ts';
import type { ViewMode } from './context.ts';

export interface Tile {
  readonly kind: 'person' | 'screen';
  readonly person: ParticipantView;
  readonly isSelf: boolean;
  readonly box: Box;
  /** The large one. */
  readonly isMain: boolean;
}

export interface Arrangement {
  readonly tiles: readonly Tile[];
  /** The own picture hovers in a corner of this tile instead of standing in the grid; null when it stands there. */
  readonly selfOver: Box | null;
  readonly pages: number;
}

export interface Scene {
  readonly area: Area;
  readonly mode: ViewMode;
  /** Page of tiles, from 0; more than there are means the last. */
  readonly page: number;
  readonly self: ParticipantView | undefined;
  /** In the order in which they stand. */
  readonly others: readonly ParticipantView[];
  readonly speaker: string | null;
}

/** More faces than this nobody can follow, and no browser decodes gladly. */
const LARGEST_PAGE = 25;
const PHONE_PAGE = 8;
const PHONE_PX = 600;

export const pageSizeOf = (area: Area): number => (area.widthPx < PHONE_PX ? PHONE_PAGE : LARGEST_PAGE);

const sharesScreen = (person: ParticipantView): boolean =>
  person.tracks.some((track) => track.source === 'screen');

/** Who stands where and how large. A pure function of what is known. */
export const arrange = (scene: Scene): Arrangement => {
  const { area, mode, self, others } = scene;
  if (area.widthPx < 1 || area.heightPx < 1) return { tiles: [], selfOver: null, pages: 1 };
  const sharer =
    mode === 'grid'
      ? undefined
      : (others.find(sharesScreen) ?? (self && sharesScreen(self) ? self : undefined));
  if (sharer) return aroundMain(scene, { kind: 'screen', person: sharer });
  const speaker =
    mode === 'speaker' ? (others.find((one) => one.participantId === scene.speaker) ?? others[0]) : undefined;
  if (speaker) return aroundMain(scene, { kind: 'person', person: speaker });
  return inGrid(scene);
};

const inGrid = ({ area, page, self, others }: Scene): Arrangement => {
  const floatSelf = others.length === 1 && self !== undefined;
  const people = floatSelf || !self ? others : [...others, self];
  const { shown, pages } = pageOf(people, page, pageSizeOf(area));
  const boxes = gridBoxes(shown.length, area);
  return { tiles: tilesOf(shown, boxes, self), selfOver: floatSelf ? (boxes[0] ?? null) : null, pages };
};

const aroundMain = (scene: Scene, main: Pick<Tile, 'kind' | 'person'>): Arrangement => {
  const { area, page, self, others } = scene;
  const rest = others.filter((one) => main.kind === 'screen' || one !== main.person);
  const floatSelf = rest.length === 0 && self !== undefined && main.person !== self;
  const people = floatSelf || !self ? rest : [...rest, self];
  const { shown, pages } = pageOf(people, page, stripSize(area));
  const boxes = stageBoxes(shown.length, area);
  const large: Tile = { ...main, isSelf: main.person === self, box: boxes.main, isMain: true };
  const selfOver = floatSelf ? boxes.main : null;
  return { tiles: [large, ...tilesOf(shown, boxes.strip, self)], selfOver, pages };
};

const pageOf = <T>(all: readonly T[], page: number, size: number): { shown: readonly T[]; pages: number } => {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const at = Math.min(page, pages - 1) * size;
  return { shown: all.slice(at, at + size), pages };
};

const tilesOf = (
  people: readonly ParticipantView[],
  boxes: readonly Box[],
  self: ParticipantView | undefined,
): Tile[] =>
  people.flatMap((person, index) => {
    const box = boxes[index];
    return box ? [{ kind: 'person' as const, person, isSelf: person === self, box, isMain: false }] : [];
  });

/** What to ask the router for: the pictures of others as they are drawn, in device pixels. */
export const wantedOf = (tiles: readonly Tile[], devicePixelRatio: number): WantedTile[] =>
  tiles
    .filter((tile) => !tile.isSelf)
    .map(({ kind, person, box }) => ({
      participantId: person.participantId,
      source: kind === 'screen' ? 'screen' : 'camera',
      widthPx: Math.min(16_384, Math.max(1, Math.round(box.widthPx * devicePixelRatio))),
      heightPx: Math.min(16_384, Math.max(1, Math.round(box.heightPx * devicePixelRatio))),
    }));
