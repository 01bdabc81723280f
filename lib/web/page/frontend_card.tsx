import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { stripMs } from "../state.ts";
import type { Frontend } from "../wire.ts";
import { useChosen } from "./chosen.ts";
import { healthTones, healthWords, judge, type Judgement } from "./health.ts";
import { Icon, Symbol } from "./icons.tsx";
import { Flash, Name, Share } from "./parts.tsx";
import { PoolTable } from "./pool_table.tsx";
import { slowNow } from "./store.ts";
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

/** A frontend: all of it in a line, and its pools below that. Its key has server and name. */
export function FrontendCard(
  { server, name, isFoldedFirst }: {
    server: string;
    name: string;
    /** Unless the reader has said otherwise. */
    isFoldedFirst: boolean;
  },
): JSX.Element | null {
  const frontend = useChosen(server, ({ frontends }) => frontends.get(name)).value;
  const rate = useChosen(server, ({ frontendRates }) => frontendRates.get(name)).value;
  // As a text: what is the same is not drawn again.
  const judgement = useChosen(server, (state) => {
    const each = state.frontends.get(name);
    return each && JSON.stringify(judge(each, state));
  }).value;
  if (!frontend || judgement === undefined) return null;
  const { description } = frontend;
  const { health, words, capacity }: Judgement = JSON.parse(judgement);
  const place = `${server} ${name}`;
  const isFolded = folded.value[place] ?? isFoldedFirst;
  const body = `pools ${place}`.replaceAll(/\s/g, "-");
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
            <LastHour server={server} name={name} state={frontend.state} />
          </dd>
        </div>
      </dl>
      <div id={body} hidden={isFolded}>
        {!isFolded && (
          <>
            {description !== "" && <p class="about" dir="auto">{description}</p>}
            <PoolTable frontend={frontend} server={server} />
          </>
        )}
      </div>
    </section>
  );
}

/** The states of the last hour. */
function LastHour(
  { server, name, state }: { server: string; name: string; state: string },
): JSX.Element {
  const steps = useChosen(server, ({ steps }) => steps.get(name)).value;
  // The newest step may be newer than a clock that turns seldom.
  const to = Math.max(slowNow.value, steps?.at(-1)?.[0] ?? 0);
  const label = `${name} in the last hour`;
  return <Strip steps={steps ?? []} from={to - stripMs} to={to} state={state} label={label} />;
}

/** `192.0.2.1 tcp/80`; all ports are none. */
export function vip({ address, protocol, port }: Frontend): string {
  return port === 0 ? `${address} all ports` : `${address} ${protocol}/${port}`;
}
