import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spatialLayerFor } from './layers.ts';

const camera = [
  { widthPx: 320, heightPx: 180 },
  { widthPx: 640, heightPx: 360 },
  { widthPx: 1280, heightPx: 720 },
];

describe('the layer of a tile', () => {
  test.each([
    [160, 90, 0],
    [400, 225, 0],
    [401, 225, 1],
    [800, 450, 1],
    [1280, 720, 2],
    [3840, 2160, 2],
    // A tall tile on a phone shows a cut of a much larger picture.
    [300, 600, 2],
  ])('%i x %i px wants layer %i', (widthPx, heightPx, layer) => {
    expect(spatialLayerFor({ widthPx, heightPx }, camera)).toBe(layer);
  });

  test('is always one of the layers, and a larger tile never gets a lower one', () => {
    const px = fc.integer({ min: 1, max: 16_384 });
    fc.assert(
      fc.property(px, px, px, (widthPx, heightPx, more) => {
        const layer = spatialLayerFor({ widthPx, heightPx }, camera);
        const larger = spatialLayerFor({ widthPx: widthPx + more, heightPx: heightPx + more }, camera);
        expect(camera[layer]).toBeDefined();
        expect(larger).toBeGreaterThanOrEqual(layer);
      }),
    );
  });

  test('a single layer is the answer to everything', () => {
    expect(spatialLayerFor({ widthPx: 5000, heightPx: 5000 }, camera.slice(0, 1))).toBe(0);
  });
});
