/** Device pixels. */
export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** How much a picture may be enlarged before anybody would pay for the next layer: a layer costs three times the bits. */
const tolerableZoom = 1.25;

/**
 * Index of the lowest layer that fills the tile without visible blur.
 * @param layers what the sender offers, lowest resolution first; at least one
 */
export const spatialLayerFor = (tile: PictureSize, layers: readonly PictureSize[]): number => {
  // Tiles are filled ("cover"), so the dimension that is enlarged more decides.
  const fits = layers.findIndex(
    (layer) => Math.max(tile.widthPx / layer.widthPx, tile.heightPx / layer.heightPx) <= tolerableZoom,
  );
  return fits === -1 ? Math.max(0, layers.length - 1) : fits;
};
