import type { JSX } from "preact";
import type { Step } from "../wire.ts";
import { stateTone } from "./health.ts";
import { clockTime, formatSpan } from "./words.ts";

/** States over a time, as bands beside each other: red on green is told by height as well. */
export function Strip(
  { steps, from, to, state, label }: {
    /** The oldest first. */
    steps: readonly Step[];
    /** Unix milliseconds. */
    from: number;
    to: number;
    /** The state of now, which is that of the whole time if there are no steps. */
    state: string;
    label: string;
  },
): JSX.Element {
  const bands = bandsOf(steps, from, to, state);
  const text = bands.length < 2
    ? `${state || "unknown"} all the time`
    : bands.filter((band) => band.state !== "up")
      .map((band) =>
        `${band.state} ${formatSpan(band.end - band.start)} from ${clockTime(band.start, to)}`
      )
      .join(", ") || "up";
  const span = to - from;
  return (
    <svg
      class="strip"
      viewBox="0 0 1000 16"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${text}`}
    >
      <title>{`${label}: ${text}`}</title>
      {bands.map(({ start, end, state }) => {
        const tone = stateTone(state);
        const height = tone === "good" || tone === "quiet" ? 6 : 16;
        const x = (start - from) / span * 1000;
        // The shortest trouble can still be seen.
        const width = Math.max((end - start) / span * 1000, tone === "good" ? 0 : 6);
        return (
          <rect key={start} class={tone} x={x} y={16 - height} width={width} height={height} />
        );
      })}
    </svg>
  );
}

interface Band {
  readonly start: number;
  readonly end: number;
  readonly state: string;
}

/** Bands from `from` to `to`, without gaps. */
export function bandsOf(
  steps: readonly Step[],
  from: number,
  to: number,
  state: string,
): readonly Band[] {
  const inside = steps.filter(([at]) => at > from && at < to);
  const before = steps.findLast(([at]) => at <= from)?.[1];
  const first = before ?? (inside.length === 0 ? state : "unknown");
  const all: Step[] = [[from, first], ...inside];
  return all.map(([start, state], i) => ({ start, end: all[i + 1]?.[0] ?? to, state }));
}
