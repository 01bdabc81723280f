import type { JSX } from "preact";
import type { MaglevdState } from "../state.ts";
import { ActionsButton } from "./actions.tsx";
import { FrontendCard } from "./frontend_card.tsx";
import { type Problem, problemsOf, sorted } from "./problems.ts";
import { memo, Name, Since } from "./parts.tsx";
import { State } from "./icons.tsx";
import { stateTone } from "./health.ts";
import { link } from "./route.ts";
import { maglevds, now } from "./store.ts";
import { ByHand, Verdict } from "./verdict.tsx";
import { many, ms } from "./words.ts";

/** Of more rows than this, pools are folded until somebody asks for them. */
const openRows = 80;

/** One maglevd: the verdict, what it is, and its frontends. */
export function Overview({ state }: { state: MaglevdState }): JSX.Element {
  const frontends = [...state.frontends.values()];
  const rows = frontends.flatMap(({ pools }) => pools.flatMap(({ backends }) => backends)).length;
  return (
    <>
      <Verdict
        problems={problemsOf(state, now.value)}
        unknown={unknownOf(state)}
        showServer={false}
      >
        <ActionsButton state={state} about={{}} />
      </Verdict>
      <Facts state={state} />
      <ByHand of={[state]} showServer={false} />
      <div class="cards">
        {frontends.map((frontend) => (
          <Card
            key={`${state.name} ${frontend.name}`}
            server={state.name}
            name={frontend.name}
            isFoldedFirst={rows > openRows}
          />
        ))}
        {frontends.length === 0 && state.readAt > 0 && state.link.state === "connected" && (
          <p class="empty">No frontends are configured.</p>
        )}
      </div>
    </>
  );
}

/** Drawn when it says so itself, not with all that is around it. */
const Card = memo(FrontendCard);

/** What keeps anybody from saying that all is well. */
function unknownOf(state: MaglevdState): string {
  if (state.link.state === "new") return "Nothing was heard yet";
  if (state.readAt === 0) return "Nothing was read yet";
  const frontends = [...state.frontends.values()];
  const unknown = frontends.filter((each) => each.state !== "up" && each.state !== "down");
  if (unknown.length > 0) return `${many(unknown.length, "frontend")} not known yet`;
  return state.status ? "" : "Nothing is seen to be wrong, but an older maglevd does not tell all";
}

function Facts({ state }: { state: MaglevdState }): JSX.Element {
  const { status, vpp, frontends, backends, name, readAt } = state;
  return (
    <dl class="facts wide">
      <Counts what="frontends" of={frontends} isRead={readAt > 0} />
      <Counts what="backends" of={backends} isRead={readAt > 0} />
      <div>
        <dt>VPP</dt>
        <dd>
          <a href={link(name, "vpp")}>
            {vpp === undefined
              ? "not told"
              : "unavailable" in vpp
              ? status?.vpp === "off" ? "off" : "away"
              : vpp.inStep
              ? "in step"
              : vpp.stepSinceNs === 0
              ? "connected"
              : "out of step"}
          </a>
        </dd>
      </div>
      {status && (
        <>
          <div>
            <dt>maglevd {status.version}</dt>
            <dd class="num">
              up <Since at={ms(status.startedUnixNs)} />
            </dd>
          </div>
          <div>
            <dt>configuration</dt>
            <dd class="num" title={status.configPath}>
              in force <Since at={ms(status.configLoadedUnixNs)} />
            </dd>
          </div>
        </>
      )}
    </dl>
  );
}

/** How many there are in each state. */
function Counts(
  { what, of, isRead }: {
    what: string;
    of: ReadonlyMap<string, { readonly state: string }>;
    isRead: boolean;
  },
): JSX.Element {
  const counts = new Map<string, number>();
  for (const { state } of of.values()) {
    counts.set(state || "unknown", (counts.get(state || "unknown") ?? 0) + 1);
  }
  return (
    <div>
      <dt>{what}</dt>
      <dd class="num">
        {counts.size === 0 && (isRead ? "none" : <span class="dim">not known</span>)}
        {[...counts].sort(([a], [b]) => a < b ? 1 : -1).map(([state, count]) => (
          <State key={state} of={state} tone={stateTone(state)} word={`${count} ${state}`} />
        ))}
      </dd>
    </div>
  );
}

/** All maglevds together: problems first, then where they do not agree, then each in a line. */
export function AllOverview(): JSX.Element {
  const all = [...maglevds.value.values()];
  const problems: Problem[] = sorted(all.flatMap((state) => problemsOf(state, now.value)));
  const unheard = all.filter(({ link }) => link.state === "new").length;
  return (
    <>
      <Verdict
        problems={problems}
        unknown={unheard > 0 ? `${many(unheard, "maglevd")} not heard yet` : ""}
        showServer
      />
      <ByHand of={all} showServer />
      <Disagreements all={all} />
      <div class="cards">
        {all.map((state) => (
          <section key={state.name} class="card server">
            <h2>
              <a href={link(state.name)}>
                <Name of={state.name} />
              </a>
              <State
                of={state.link.state === "new" ? "unknown" : state.link.state}
                tone={stateTone(state.link.state)}
              />
            </h2>
            <Facts state={state} />
          </section>
        ))}
      </div>
    </>
  );
}

/** A backend, and what maglevds take it for. */
interface Seen {
  readonly name: string;
  readonly address: string;
  readonly views: readonly { readonly server: string; readonly state: string }[];
}

/** A backend of one name and address that one maglevd has up and another one down. */
function Disagreements({ all }: { all: readonly MaglevdState[] }): JSX.Element | null {
  const seen = new Map<string, Seen>();
  for (const { name: server, backends, link: way } of all) {
    if (way.state !== "connected") continue;
    for (const { name, address, state } of backends.values()) {
      const key = JSON.stringify([name, address]);
      const known = seen.get(key) ?? { name, address, views: [] };
      seen.set(key, { ...known, views: [...known.views, { server, state }] });
    }
  }
  const apart = [...seen.values()]
    .filter(({ views }) => new Set(views.map(({ state }) => state)).size > 1);
  if (apart.length === 0) return null;
  return (
    <section class="card by-hand">
      <h2>They do not agree</h2>
      <ul>
        {apart.slice(0, 50).map(({ name, address, views }) => (
          <li key={`${name} ${address}`}>
            <span>
              <Name of={name} /> <span class="addr">{address}</span>
            </span>
            {views.map(({ server, state }) => (
              <a key={server} href={link(server, "backend", name)}>
                <Name of={server} />
                <State of={state} tone={stateTone(state)} />
              </a>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
