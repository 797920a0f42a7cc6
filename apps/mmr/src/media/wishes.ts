import type { LocalWishes } from './exchange.ts';
import { tileKey, type Receiver } from './receiver.ts';

/** What all these want together. What they see is put together when it is first asked for: voices do not need it. */
export const localWishes = (receivers: readonly Receiver[]): LocalWishes => {
  const attached = receivers.filter(({ isAttached }) => isAttached);
  let tiles: ReadonlyMap<string, number> | undefined;
  return {
    hears: attached.length > 0,
    layerOf: (participantId, source) => {
      tiles ??= highestLayers(attached);
      return tiles.get(tileKey(participantId, source)) ?? -1;
    },
  };
};

const highestLayers = (receivers: readonly Receiver[]): ReadonlyMap<string, number> => {
  const tiles = new Map<string, number>();
  for (const { wishes } of receivers) {
    for (const [key, layer] of wishes) tiles.set(key, Math.max(layer, tiles.get(key) ?? 0));
  }
  return tiles;
};
