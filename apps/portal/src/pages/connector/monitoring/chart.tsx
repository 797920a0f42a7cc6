import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import classes from './monitoring.module.css';

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A token of the theme, without its dashes. */
  readonly colour: 'gh-brand' | 'gh-amber';
}

export interface ChartProps {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly lines: readonly ChartLine[];
  readonly write: (value: number) => string;
  /** Counts: no line of the grid stands between two of them. */
  readonly isWhole: boolean;
  /** Upper end of the scale when the values stay below it. */
  readonly atLeast: number;
  readonly lowest: number;
  readonly locale: string;
  /** The step under the crosshair; null when the pointer is elsewhere. */
  readonly onPoint: (index: number | null) => void;
}

const HEIGHT = 180;
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
/** Charts with one key have one crosshair. */
const SYNC = 'guildhall-monitoring';

/**
 * The colour a token comes to here and now. A canvas does not know `light-dark()`, so an element is asked.
 */
function colourOf(token: string, beside: HTMLElement): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${token})`;
  beside.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Lines over time, in the colours of the theme it was made in. Where there is no value there is no line. */
export default function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const { fromMs, stepMs, lines, write, isWhole, atLeast, lowest, locale, onPoint } = props;
  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const soft = colourOf('gh-ink-soft', place);
    const grid = { stroke: colourOf('gh-line', place), width: 1 };
    const font = '12px Inter, sans-serif';
    const seconds = (lines[0]?.values ?? []).map((_value, index) => (fromMs + index * stepMs) / 1_000);
    const spanMs = seconds.length * stepMs;
    const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
    const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
    const axis = { stroke: soft, font, grid, ticks: grid };
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { sync: { key: SYNC }, y: false, points: { size: 7 }, drag: { x: false, y: false } },
        scales: {
          y: { range: (_plot, _low, high) => [lowest, Math.max(atLeast, (high ?? 0) * 1.1)] },
        },
        axes: [
          {
            ...axis,
            space: 72,
            values: (_plot, ticks) =>
              ticks.map((tick) => (spanMs > 2 * 86_400_000 ? day : time).format(tick * 1_000)),
          },
          {
            ...axis,
            size: 78,
            space: 36,
            ...(isWhole && { incrs: WHOLE_STEPS }),
            values: (_plot, ticks) => ticks.map((tick) => write(tick)),
          },
        ],
        series: [
          {},
          ...lines.map(({ label, colour }) => ({
            label,
            stroke: colourOf(colour, place),
            width: 2,
            spanGaps: false,
            // A value between two gaps is no line; without its point it would not be seen.
            points: { show: true, size: 3, filter: loners },
          })),
        ],
        hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
      },
      [seconds, ...lines.map(({ values }) => [...values])],
      place,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    resize.observe(place);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [fromMs, stepMs, lines, write, isWhole, atLeast, lowest, locale, onPoint]);
  return <div ref={box} className={classes.plot} aria-hidden />;
}

/** Indices of the values that have no neighbour. */
const loners: uPlot.Series.Points.Filter = (plot, seriesIndex) => {
  const values = plot.data[seriesIndex] ?? [];
  const isKnown = (index: number): boolean => typeof values[index] === 'number';
  const found: number[] = [];
  for (let index = 0; index < values.length; index++) {
    if (isKnown(index) && !isKnown(index - 1) && !isKnown(index + 1)) found.push(index);
  }
  return found;
};
