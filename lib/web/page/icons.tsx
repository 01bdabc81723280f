import type { JSX } from "preact";
import type { Tone } from "./health.ts";

/** Drawings of 16 by 16, in the colour of the text around them. */
const paths = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  alert: "M8 4v5M8 11.6v.4",
  dots: "M4 8h.01M8 8h.01M12 8h.01",
  ask: "M6 6.2a2 2 0 1 1 2.6 2c-.5.2-.7.5-.7 1.1M7.9 11.7v.3",
  pause: "M6 4.5v7M10 4.5v7",
  bar: "M4 8h8",
  drop: "M8 3.5v8M4.8 8.5L8 11.7l3.2-3.2",
  down: "M4.5 6.5L8 10l3.5-3.5",
  turn: "M4 5v3.5a2 2 0 0 0 2 2h5.5M9 8l2.5 2.5L9 13",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5L14 14",
  hand:
    "M5 8V4.8a1 1 0 0 1 2 0V3.6a1 1 0 0 1 2 0v1.2a1 1 0 0 1 2 0V9c0 2.5-1.4 4.4-3.6 4.4-1.7 0-2.6-.8-3.4-2.2L3 9.3c.6-.6 1.3-.5 2 .2z",
  heart: "M8 13L3.4 8.3a2.8 2.8 0 0 1 4-4l.6.7.6-.7a2.8 2.8 0 0 1 4 4z",
  star: "M8 2.8l1.6 3.3 3.6.5-2.6 2.5.6 3.6L8 11l-3.2 1.7.6-3.6L2.8 6.6l3.6-.5z",
} as const;

/** The name of a drawing. */
export type IconName = keyof typeof paths;

/** A drawing, for the eye alone: words beside it say the same. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** Each state has a symbol of its own, so that colour is never all there is. */
const symbols: Readonly<Record<string, IconName>> = {
  up: "check",
  fine: "check",
  connected: "check",
  "in-step": "check",
  applied: "check",
  restored: "check",
  down: "cross",
  lost: "cross",
  impaired: "cross",
  rejected: "cross",
  degraded: "alert",
  altered: "alert",
  "out-of-step": "alert",
  fallback: "turn",
  settling: "dots",
  unknown: "ask",
  paused: "pause",
  disabled: "bar",
  removed: "bar",
  draining: "drop",
  drained: "drop",
};

/** A symbol on its colour. */
export function Symbol(
  { of, tone, large = false }: { of: string; tone: Tone; large?: boolean },
): JSX.Element {
  return (
    <span class={`symbol ${tone}${large ? " large" : ""}`}>
      <Icon name={symbols[of] ?? "dots"} size={large ? 20 : 12} />
    </span>
  );
}

/** Symbol and word of a state. */
export function State(
  { of, tone, word = of }: { of: string; tone: Tone; word?: string },
): JSX.Element {
  return (
    <span class={`state ${tone}`}>
      <Symbol of={of} tone={tone} />
      <span>{word}</span>
    </span>
  );
}
