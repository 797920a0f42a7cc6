import type { Clock } from '@guildhall/kit';
import type { Producer } from '../engine/port.ts';
import type { RemoteTrack } from '../types.ts';
import { Demand } from './demand.ts';
import type { SentTrack } from './types.ts';

/** What came over a pipe from another router. */
export interface Arrived {
  readonly track: RemoteTrack;
  readonly producer: Producer;
  /** The layer up to which it was asked for. */
  readonly layer: number;
  /** Tells the router it comes from how much of it is watched now. */
  readonly demand: (layer: number) => void;
}

/** A track like any other: whoever sends it hears of the demand through its own router. */
export const sentElsewhere = (
  { track, producer, layer, demand }: Arrived,
  clock: Clock,
  watched: () => number,
): SentTrack => {
  const { trackId, participantId, source } = track;
  const asked = Math.min(layer, producer.layers.spatial - 1);
  const isVideo = producer.kind === 'video';
  return {
    trackId,
    participantId,
    source,
    producer,
    demand: isVideo ? new Demand(clock, asked, watched, demand) : undefined,
    slot: undefined,
  };
};
