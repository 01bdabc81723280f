import { Component, type ComponentChildren, type ComponentType, type JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Durations } from "../state.ts";
import { Icon } from "./icons.tsx";
import { now } from "./store.ts";
import { ago, clockTime, measured, utc } from "./words.ts";

/** A name longer than that may be broken anywhere. */
const longName = 24;

/** A name as text: whatever is in it, it does not reach beyond itself. */
export function Name({ of }: { of: string }): JSX.Element {
  return <bdi class={of.length > longName ? "long" : undefined}>{of}</bdi>;
}

/** How long something lasts, live. `at` in Unix milliseconds; 0: not known. */
export function Since({ at }: { at: number }): JSX.Element {
  if (at === 0) return <span class="dim">–</span>;
  return <time dateTime={iso(at)} title={utc(at)}>{ago(now.value - at)}</time>;
}

/** A moment in the reader's zone; UTC is told on hover. */
export function Moment({ at }: { at: number }): JSX.Element {
  if (at === 0) return <span class="dim">–</span>;
  return <time dateTime={iso(at)} title={utc(at)}>{clockTime(at, now.value)}</time>;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/**
 * Something that flashes when it changes: never when it is first seen, so not when another tab is
 * chosen either. `of` tells whether it is another.
 */
export function Flash(
  { of, children, class: name }: {
    of: string | number;
    children: ComponentChildren;
    class?: string;
  },
): JSX.Element {
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(of);
  useLayoutEffect(() => {
    if (before.current === of) return;
    before.current = of;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    element.current?.animate?.(
      [{ background: "var(--flash)" }, { background: "transparent" }],
      { duration: 1600, easing: "ease-out" },
    );
    element.current?.setAttribute("data-flashed", String(Date.now()));
  }, [of]);
  return <span ref={element} class={`flash ${name ?? ""}`}>{children}</span>;
}

/** A heart that beats while a probe takes long; in words where there is room for them. */
export function Running({ since, inWords = false }: { since: number; inWords?: boolean }) {
  return (
    <span class="running" title={`since ${utc(since)}`}>
      <Icon name="heart" size={14} />
      <span class={inWords ? "dim" : "unseen"}>a probe is running</span>
    </span>
  );
}

const sparkWidth = 72;
const sparkHeight = 16;

/** The last durations as bars, against the longest of them; those that failed stand out. */
export function Spark({ of }: { of: Durations | undefined }): JSX.Element {
  const values = of ?? [];
  const top = Math.max(1, ...values.map(Math.abs));
  const last = values.at(-1);
  const label = last === undefined
    ? "no probes seen yet"
    : `last probe ${measured(Math.abs(last))}`;
  return (
    <svg
      class="spark"
      width={sparkWidth}
      height={sparkHeight}
      viewBox={`0 0 ${sparkWidth} ${sparkHeight}`}
      role="img"
      aria-label={label}
    >
      <path d={bars(values, top, (value) => value >= 0)} />
      <path class="bad" d={bars(values, top, (value) => value < 0)} />
    </svg>
  );
}

/** One path for all bars: in a table of thousands, an element for each would be felt. */
function bars(values: Durations, top: number, isOne: (value: number) => boolean): string {
  return values.slice(-24).map((value, i, all) => {
    const height = Math.max(2, Math.abs(value) / top * (sparkHeight - 1));
    const x = sparkWidth - (all.length - i) * 3 + 1;
    return isOne(value) ? `M${x} ${sparkHeight}v-${Math.round(height * 10) / 10}` : "";
  }).join("");
}

/** A share of something, 0 to 1, as a bar with its figure. */
export function Share(
  { of, text, tone = "info" }: { of: number; text: string; tone?: string },
): JSX.Element {
  return (
    <span class="share">
      <span class="track" aria-hidden="true">
        <span class={`fill ${tone}`} style={{ width: `${Math.round(of * 1000) / 10}%` }} />
      </span>
      <span class="num">{text}</span>
    </span>
  );
}

/** Renders again only when one of the properties is another. */
export function memo<P extends object>(Inner: ComponentType<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const before = this.props as Readonly<Record<string, unknown>>;
      return Object.entries(next).some(([key, value]) => before[key] !== value);
    }

    override render(props: P) {
      return <Inner {...props} />;
    }
  };
}
