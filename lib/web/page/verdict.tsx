import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { Symbol } from "./icons.tsx";
import { Name, Since } from "./parts.tsx";
import type { MaglevdState } from "../state.ts";
import { byHandOf, type Problem } from "./problems.ts";
import { many } from "./words.ts";

/** So many lines of a list are shown before one asks for more. */
const listed = 6;

const hasAllProblems = signal(false);
const hasAllByHand = signal(false);

/** The answer to the first question: whether all is well, and if not, what, since when and why. */
export function Verdict(
  { problems, unknown, showServer, children }: {
    problems: readonly Problem[];
    /** What cannot be told, so that nobody takes it for well; empty if there is nothing. */
    unknown: string;
    /** Whether each line says which maglevd it is of. */
    showServer: boolean;
    /** What can be done. */
    children?: ComponentChildren;
  },
): JSX.Element {
  const wrong = problems.filter(({ tone }) => tone !== "info");
  const worst = problems.some(({ tone }) => tone === "bad")
    ? "bad"
    : wrong.length > 0
    ? "warn"
    : "";
  const tone = worst === "" ? unknown === "" ? "good" : "quiet" : worst;
  const sentence = wrong.length > 0
    ? `${many(wrong.length, "thing")} ${wrong.length === 1 ? "needs" : "need"} a look`
    : unknown === ""
    ? "All is well"
    : unknown;
  const shown = hasAllProblems.value ? problems : problems.slice(0, listed);
  return (
    <section class={`verdict ${tone}`} aria-label="verdict">
      <h1 aria-live="polite">
        <Symbol
          of={tone === "good"
            ? "fine"
            : tone === "quiet"
            ? "unknown"
            : tone === "bad"
            ? "down"
            : "degraded"}
          tone={tone}
          large
        />
        {sentence}
      </h1>
      {children}
      {problems.length > 0 && (
        <ul class="problems">
          {shown.map((each) => <Line key={keyOf(each)} problem={each} showServer={showServer} />)}
        </ul>
      )}
      <More of={problems.length} isLong={hasAllProblems} />
    </section>
  );
}

/** Shows the rest of a list, and hides it again. */
function More({ of, isLong }: { of: number; isLong: Signal<boolean> }): JSX.Element | null {
  if (of <= listed) return null;
  return (
    <button type="button" class="plain" onClick={() => isLong.value = !isLong.value}>
      {isLong.value ? "show fewer" : `show ${of - listed} more`}
    </button>
  );
}

function keyOf({ server, kind, name, what }: Problem): string {
  return `${server} ${kind} ${name} ${kind === "backend" ? "" : what}`;
}

function Line({ problem, showServer }: { problem: Problem; showServer: boolean }): JSX.Element {
  const { tone, kind, name, what, why, since, to, server } = problem;
  return (
    <li class={tone}>
      <Symbol
        of={tone === "bad" ? "down" : tone === "warn" ? "degraded" : "settling"}
        tone={tone}
      />
      <span class="what">
        {showServer && (
          <span class="tag">
            <Name of={server} />
          </span>
        )}
        <span class="dim">{kind}</span>{" "}
        <a href={to}>{name === "" ? "details" : <Name of={name} />}</a> {what}
      </span>
      <span class="why">{why}</span>
      <span class="since num">{since > 0 && <Since at={since} />}</span>
    </li>
  );
}

/** What operators have said otherwise than the file: quiet, but never forgotten. */
export function ByHand(
  { of, showServer }: { of: readonly MaglevdState[]; showServer: boolean },
): JSX.Element | null {
  const all = of.flatMap(byHandOf);
  if (all.length === 0) return null;
  const shown = (hasAllByHand.value ? all : all.slice(0, listed)).map((tell) => tell());
  return (
    <section class="card by-hand" aria-label="by hand">
      <h2>By hand</h2>
      <ul>
        {shown.map(({ server, what, file, by, at, to }) => (
          <li key={`${server} ${what}`}>
            {showServer && (
              <span class="tag">
                <Name of={server} />
              </span>
            )}
            <a href={to}>{what}</a> <span class="dim">the file says {file}</span>
            <span class="dim since">
              {by !== "" && `by ${by} `}
              {at > 0 && <Since at={at} />}
            </span>
          </li>
        ))}
      </ul>
      <More of={all.length} isLong={hasAllByHand} />
    </section>
  );
}
