export interface Area {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface Box extends Area {
  readonly leftPx: number;
  readonly topPx: number;
}

const GAP_PX = 8;
/** A face fills anything between these shapes; beyond them the tile leaves space free instead. */
const WIDEST = 16 / 9;
/** Cameras are wide: on a desk a taller tile would cut off more than it shows. A phone's own are tall. */
const TALLEST_ON_DESK = 4 / 3;
const TALLEST_ON_PHONE = 3 / 4;
/** Alone on a phone a picture takes the height of the screen, as in every call there. */
const TALLEST_ALONE_ON_PHONE = 1 / 2;
const DESK_PX = 600;

interface Choice extends Area {
  readonly columns: number;
  readonly rows: number;
}

/** Equal tiles, as large as the area allows, the last row centred. The same count and area always give the same boxes. */
export const gridBoxes = (count: number, area: Area, tallest = tallestOf(count, area)): readonly Box[] => {
  if (count < 1 || area.widthPx < 1 || area.heightPx < 1) return [];
  const { columns, rows, widthPx, heightPx } = bestGrid(count, area, tallest);
  const topPx = (area.heightPx - rows * heightPx - (rows - 1) * GAP_PX) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - columns * (rows - 1) : columns;
    const leftPx = (area.widthPx - inRow * widthPx - (inRow - 1) * GAP_PX) / 2;
    return {
      widthPx: Math.floor(widthPx),
      heightPx: Math.floor(heightPx),
      leftPx: Math.round(leftPx + (index % columns) * (widthPx + GAP_PX)),
      topPx: Math.round(topPx + row * (heightPx + GAP_PX)),
    };
  });
};

const tallestOf = (count: number, area: Area): number => {
  if (area.widthPx >= DESK_PX) return TALLEST_ON_DESK;
  return count === 1 ? TALLEST_ALONE_ON_PHONE : TALLEST_ON_PHONE;
};

const bestGrid = (count: number, area: Area, tallest: number): Choice => {
  let best: Choice = { columns: 1, rows: count, ...fit(1, count, area, tallest) };
  for (let columns = 2; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = fit(columns, rows, area, tallest);
    if (size.widthPx * size.heightPx > best.widthPx * best.heightPx) best = { columns, rows, ...size };
  }
  return best;
};

const fit = (columns: number, rows: number, area: Area, tallest: number): Area => {
  const cellWidth = Math.max(1, (area.widthPx - (columns - 1) * GAP_PX) / columns);
  const cellHeight = Math.max(1, (area.heightPx - (rows - 1) * GAP_PX) / rows);
  return {
    widthPx: Math.min(cellWidth, cellHeight * WIDEST),
    heightPx: Math.min(cellHeight, cellWidth / tallest),
  };
};

/** One large tile and a strip of small ones beside it (wide areas) or below it (tall ones). */
export const stageBoxes = (
  count: number,
  area: Area,
): { readonly main: Box; readonly strip: readonly Box[] } => {
  const whole = { leftPx: 0, topPx: 0, ...area };
  if (count < 1) return { main: whole, strip: [] };
  const wide = area.widthPx >= area.heightPx;
  const stripPx = Math.round(Math.min(240, Math.max(96, (wide ? area.widthPx : area.heightPx) * 0.2)));
  const stripArea = wide
    ? { widthPx: stripPx, heightPx: area.heightPx }
    : { widthPx: area.widthPx, heightPx: stripPx };
  const main = wide
    ? { ...whole, widthPx: area.widthPx - stripPx - GAP_PX }
    : { ...whole, heightPx: area.heightPx - stripPx - GAP_PX };
  const leftPx = wide ? main.widthPx + GAP_PX : 0;
  const topPx = wide ? 0 : main.heightPx + GAP_PX;
  const strip = gridBoxes(count, stripArea, wide ? TALLEST_ON_DESK : TALLEST_ON_PHONE).map((box) => ({
    ...box,
    leftPx: box.leftPx + leftPx,
    topPx: box.topPx + topPx,
  }));
  return { main, strip };
};

/** How many small tiles a strip of this area shows before it has pages. */
export const stripSize = (area: Area): number => {
  const wide = area.widthPx >= area.heightPx;
  return Math.max(1, Math.floor((wide ? area.heightPx : area.widthPx) / (wide ? 110 : 120)));
};
