import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { type MaglevdState, stripMs } from "../state.ts";
import type { Frontend } from "../wire.ts";
import { healthTones, healthWords, judge } from "./health.ts";
import { Icon, Symbol } from "./icons.tsx";
import { Flash, Name, Share } from "./parts.tsx";
import { PoolTable } from "./pool_table.tsx";
import { now } from "./store.ts";
import { Strip } from "./strip.tsx";
import { bits, packets } from "./words.ts";

const key = "maglev-folded";

/** What the reader has opened and closed: by server and name. */
const folded = signal<Readonly<Record<string, boolean>>>(kept());

function kept(): Readonly<Record<string, boolean>> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}

function fold(name: string, isFolded: boolean): void {
  folded.value = { ...folded.value, [name]: isFolded };
  try {
    localStorage.setItem(key, JSON.stringify(folded.value));
  } catch {
    // It is not remembered, where a browser keeps nothing.
    return;
  }
}

/** A frontend: all of it in a line, and its pools below that. */
export function FrontendCard(
  { frontend, state, isFoldedFirst }: {
    frontend: Frontend;
    state: MaglevdState;
    /** Unless the reader has said otherwise. */
    isFoldedFirst: boolean;
  },
): JSX.Element {
  const { name, description } = frontend;
  const { health, words, capacity } = judge(frontend, state);
  const place = `${state.name} ${name}`;
  const isFolded = folded.value[place] ?? isFoldedFirst;
  const body = `pools ${place}`.replaceAll(/\s/g, "-");
  const rate = state.frontendRates.get(name);
  const to = now.value;
  return (
    <section class={`card frontend ${health}`} id={encodeURIComponent(name)}>
      <h2>
        <button
          type="button"
          class="fold"
          aria-expanded={!isFolded}
          aria-controls={body}
          onClick={() => fold(place, !isFolded)}
        >
          <Flash of={health}>
            <Symbol of={health} tone={healthTones[health]} large />
          </Flash>
          <span class="title">
            <span class="name">
              <Name of={name} />
            </span>
            <span class="addr">{vip(frontend)}</span>
          </span>
          <span class={`chevron ${isFolded ? "" : "open"}`}>
            <Icon name="down" />
          </span>
        </button>
      </h2>
      <dl class="facts">
        <div class="f-health">
          <dt class="unseen">health</dt>
          <dd>
            <b class={healthTones[health]}>{healthWords[health]}</b>
            <span class="dim">{words}</span>
          </dd>
        </div>
        <div class="f-pool">
          <dt>active pool</dt>
          <dd>
            {frontend.activePool === ""
              ? <span class="dim">not told</span>
              : <Name of={frontend.activePool} />}
          </dd>
        </div>
        <div class="f-capacity">
          <dt>capacity</dt>
          <dd>
            <Share
              of={capacity}
              text={`${Math.round(capacity * 100)}%`}
              tone={capacity === 1 ? "good" : capacity === 0 ? "bad" : "warn"}
            />
          </dd>
        </div>
        <div class="f-traffic">
          <dt>traffic</dt>
          <dd class="num">
            {rate ? packets(rate[0]) : <span class="dim">–</span>}
            {rate && rate[1] >= 0 && <span class="dim">{bits(rate[1])}</span>}
          </dd>
        </div>
        <div class="f-strip">
          <dt>last hour</dt>
          <dd>
            <Strip
              steps={state.steps.get(name) ?? []}
              from={to - stripMs}
              to={to}
              state={frontend.state}
              label={`${name} in the last hour`}
            />
          </dd>
        </div>
      </dl>
      <div id={body} hidden={isFolded}>
        {!isFolded && (
          <>
            {description !== "" && <p class="about" dir="auto">{description}</p>}
            <PoolTable frontend={frontend} state={state} />
          </>
        )}
      </div>
    </section>
  );
}

/** `192.0.2.1 tcp/80`; all ports are none. */
export function vip({ address, protocol, port }: Frontend): string {
  return port === 0 ? `${address} all ports` : `${address} ${protocol}/${port}`;
}
