import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { measured, short, timeOfDay, utc } from "./words.ts";

/** One line of a chart. */
export interface Series {
  readonly label: string;
  /** A custom property such as `--info`. */
  readonly colour: string;
  /** Undefined where there is none. */
  readonly values: readonly (number | null)[];
  /** Points that are not joined. */
  readonly dots?: boolean;
}

/** Values over time. `at` in Unix milliseconds. */
export function Chart(
  { at, series, unit, label, height = 150 }: {
    at: readonly number[];
    series: readonly Series[];
    unit: "ms" | "rate";
    label: string;
    height?: number;
  },
): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = dataOf(at, series);
  const shape = series.map(({ label, colour, dots }) => `${label} ${colour} ${dots}`).join();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const show = unit === "ms" ? measured : short;
    let isOver = false;
    const draw = async () => {
      // Run when it is needed: it asks the browser for what the reader's language has, 50 ms and more.
      const { default: Plot } = await import("uplot");
      if (isOver) return;
      plot.current?.destroy();
      const options = optionsOf(element, series, show, height, unit === "ms");
      plot.current = new Plot(options, data.current, element);
    };
    void draw();
    const sized = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height });
    });
    sized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      isOver = true;
      sized.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, unit, height]);
  useEffect(() => plot.current?.setData(data.current), [at, series]);
  return (
    <figure class="chart">
      <figcaption>
        <span>{label}</span>
        <span class="legend">
          {series.map(({ label, colour }) => (
            <span key={label}>
              <i style={{ background: `var(${colour})` }} />
              {label}
            </span>
          ))}
        </span>
      </figcaption>
      <div
        ref={place}
        class="plot"
        style={{ height: `${height}px` }}
        role="img"
        aria-label={label}
      />
    </figure>
  );
}

function dataOf(at: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [at.map((each) => each / 1000), ...series.map(({ values }) => [...values])];
}

function optionsOf(
  element: HTMLElement,
  series: readonly Series[],
  show: (value: number) => string,
  height: number,
  isLog: boolean,
): uPlot.Options {
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--dim");
  const line = style.getPropertyValue("--line");
  const font = `11px ${style.fontFamily}`;
  const grid = { stroke: line, width: 1 };
  const axis = { stroke: ink, font, grid, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    hooks: { setCursor: [tellCursor(element, series, show)] },
    scales: {
      x: { range: (_, min, max) => [Math.min(min, max - 60), max] },
      y: isLog ? logScale : { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_, splits) => splits.map((each) => timeOfDay(each * 1000)),
      },
      {
        ...axis,
        ...isLog && { filter: decades, grid: { ...grid, filter: decades } },
        size: 56,
        space: isLog ? 22 : 34,
        values: (_, splits) => splits.map((each) => each === null ? "" : show(each)),
      },
    ],
    series: [
      {},
      ...series.map(({ colour, dots }) => ({
        stroke: style.getPropertyValue(colour),
        width: 1.5,
        spanGaps: false,
        ...dots
          ? {
            paths: () => null,
            points: { show: true, size: 4, width: 0, fill: style.getPropertyValue(colour) },
          }
          : { points: { show: false } },
      })),
    ],
  };
}

/** Of a logarithmic axis, only the powers of ten. */
function decades(_: uPlot, splits: readonly number[]): (number | null)[] {
  return splits.map((each) => {
    const power = Math.log10(each);
    return Math.abs(power - Math.round(power)) < 1e-6 ? each : null;
  });
}

/** A probe that hangs takes a thousand times as long as others: both can be seen. */
const logScale: uPlot.Scale = {
  distr: 3,
  range: (_, min, max) => [
    10 ** Math.floor(Math.log10(Math.max(min, 0.01))),
    10 ** Math.ceil(Math.log10(Math.max(max, 0.1)) + 0.01),
  ],
};

/** The values under the pointer, where the browser shows its tips. */
function tellCursor(
  element: HTMLElement,
  series: readonly Series[],
  show: (value: number) => string,
): (plot: uPlot) => void {
  return ({ cursor, data }) => {
    const index = cursor.idx;
    const at = index === null || index === undefined ? undefined : data[0][index];
    if (at === undefined || index === null || index === undefined) return;
    const values = series.map(({ label }, i) => {
      const value = data[i + 1]?.[index];
      return value === null || value === undefined ? "" : `${label} ${show(value)}`;
    });
    element.title = [utc(at * 1000), ...values].filter((text) => text !== "").join("\n");
  };
}
