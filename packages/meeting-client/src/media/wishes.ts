import type { MeetingView, ParticipantId } from '@guildhall/domain';
import type { WantedTile } from '@guildhall/protocol';

/** A picture that has just been asked for keeps its size this long: another layer would need another key frame, and
 * browsers drop a request for one that follows the last within 300 ms. The first picture would come a second later. */
const HOLD_MS = 1_200;
/** A smaller tile is no hurry: people come and go, and each change of layer disturbs the picture. */
const SHRINK_MS = 2_500;

interface Wish {
  readonly tile: WantedTile;
  readonly sinceMs: number;
  /** Since when it is drawn smaller than it is asked for. */
  readonly smallerSinceMs: number | null;
}

export interface PacedWishes {
  readonly tiles: readonly WantedTile[];
  /** When to look again because something was held back; null when nothing was. */
  readonly againInMs: number | null;
}

const keyOf = (tile: WantedTile): string => `${tile.participantId}/${tile.source}`;
const areaOf = (tile: WantedTile): number => tile.widthPx * tile.heightPx;

/** What to ask the router for, given what is drawn: the same pictures, with changes of size at a calm pace. */
export class Wishes {
  #asked = new Map<string, Wish>();

  /** Forgets what was asked for: a new router knows nothing of it. */
  reset(): void {
    this.#asked.clear();
  }

  pace(drawn: readonly WantedTile[], nowMs: number): PacedWishes {
    const next = new Map(drawn.map((tile) => [keyOf(tile), this.#next(tile, nowMs)]));
    this.#asked = next;
    const waits = [...next.values()].flatMap((wish) => waitOf(wish, drawn, nowMs));
    return {
      tiles: [...next.values()].map((wish) => wish.tile),
      againInMs: waits.length === 0 ? null : Math.max(1, Math.min(...waits)),
    };
  }

  #next(tile: WantedTile, nowMs: number): Wish {
    const before = this.#asked.get(keyOf(tile));
    if (!before) return { tile, sinceMs: nowMs, smallerSinceMs: null };
    const shrinks = areaOf(tile) < areaOf(before.tile);
    const smallerSinceMs = shrinks ? (before.smallerSinceMs ?? nowMs) : null;
    const isHeld = nowMs - before.sinceMs < HOLD_MS;
    const waits = smallerSinceMs !== null && nowMs - smallerSinceMs < SHRINK_MS;
    return isHeld || waits
      ? { ...before, smallerSinceMs }
      : { tile, sinceMs: before.sinceMs, smallerSinceMs: null };
  }
}

const waitOf = (wish: Wish, drawn: readonly WantedTile[], nowMs: number): number[] => {
  const tile = drawn.find((one) => keyOf(one) === keyOf(wish.tile));
  if (!tile || tile === wish.tile || areaOf(tile) === areaOf(wish.tile)) return [];
  const held = wish.sinceMs + HOLD_MS - nowMs;
  const smaller = wish.smallerSinceMs === null ? 0 : wish.smallerSinceMs + SHRINK_MS - nowMs;
  return [Math.max(held, smaller)];
};

const FIRST_TILES = 25;

/** Everybody else at one size, screens before faces. */
export const firstTilesOf = (
  view: MeetingView,
  selfId: ParticipantId | null,
  size: { readonly widthPx: number; readonly heightPx: number },
): WantedTile[] =>
  view.participants
    .filter((one) => one.participantId !== selfId)
    .flatMap(({ participantId, tracks }) => {
      const sources = tracks.some((one) => one.source === 'screen')
        ? (['screen', 'camera'] as const)
        : (['camera'] as const);
      return sources.map((source) => ({ participantId, source, ...size }));
    })
    .slice(0, FIRST_TILES);
