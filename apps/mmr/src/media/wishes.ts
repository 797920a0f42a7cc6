import type { LocalWishes } from './exchange.ts';
import { tileKey, type Receiver } from './receiver.ts';

/** What all these want together. */
export const localWishes = (receivers: Iterable<Receiver>): LocalWishes => {
  const tiles = new Map<string, number>();
  let hears = false;
  for (const receiver of receivers) {
    if (!receiver.isAttached) continue;
    hears = true;
    for (const [key, layer] of receiver.wishes) tiles.set(key, Math.max(layer, tiles.get(key) ?? 0));
  }
  return { hears, layerOf: (participantId, source) => tiles.get(tileKey(participantId, source)) ?? -1 };
};
