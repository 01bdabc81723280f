import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MaglevdState } from "../state.ts";
import type { JournalEntry } from "../wire.ts";
import { ask, sentenceOf } from "./ask.ts";
import { Chunks } from "./chunks.tsx";
import { stateTone } from "./health.ts";
import { Moment, Name } from "./parts.tsx";
import { go, link, query } from "./route.ts";

const kinds = [
  ...["backend", "frontend", "pool", "weight", "drain", "safety"],
  ...["operator", "override", "reload", "vpp", "probing", "audit"],
];

interface Page {
  readonly entries: readonly JournalEntry[];
  readonly next: string;
}

/** What the journal is asked for; it stands in the address, so that a link shows the same. */
interface Filter {
  readonly kinds: string;
  readonly backend: string;
  readonly frontend: string;
  readonly actor: string;
  /** Only what is that old at most, in minutes; empty: everything. */
  readonly minutes: string;
}

/** What happened: live, or filtered from the whole journal of a maglevd. */
export function JournalPage({ state }: { state: MaglevdState }): JSX.Element {
  const filter = filterOf(query.value);
  const [isPaused, pause] = useState(false);
  const [held, hold] = useState<readonly JournalEntry[]>([]);
  const [past, setPast] = useState<Page | undefined>(undefined);
  const [error, fail] = useState("");
  const key = JSON.stringify(filter);
  const read = (page: string) => {
    const minutes = Number(filter.minutes);
    const params = new URLSearchParams({ server: state.name, ...filter, page });
    if (minutes > 0) params.set("from", String(Date.now() - minutes * 60_000));
    return ask<Page>(`journal?${params}`);
  };
  useEffect(() => {
    setPast(undefined);
    fail("");
    let isOver = false;
    read("0").then(
      (page) => isOver || setPast(page),
      (error: unknown) => isOver || fail(sentenceOf(error)),
    );
    return () => {
      isOver = true;
    };
  }, [state.name, key]);
  const newest = past?.entries[0]?.seq ?? 0;
  const fresh = state.journal.filter((entry) =>
    entry.seq > newest && isWanted(entry, filter, state)
  );
  const entries = isPaused ? held : [...past ? fresh : [], ...past?.entries ?? []];
  const more = async () => {
    if (!past) return;
    try {
      const { entries, next } = await read(past.next);
      setPast({ entries: [...past.entries, ...entries], next });
    } catch (error) {
      fail(sentenceOf(error));
    }
  };
  return (
    <>
      <h1 class="crumbs">
        <a href={link(state.name)}>
          <Name of={state.name} />
        </a>{" "}
        / journal
      </h1>
      <Filters state={state} filter={filter}>
        <button
          type="button"
          aria-pressed={isPaused}
          onClick={() => {
            hold(entries);
            pause(!isPaused);
          }}
        >
          {isPaused ? "Go on" : "Pause"}
        </button>
        <button type="button" onClick={() => download(state.name, entries)}>Download JSON</button>
      </Filters>
      {error !== "" && <p class="notice bad" role="alert">{error}</p>}
      <table class="journal">
        <colgroup>
          <col class="when" />
          <col class="kind" />
          <col />
          <col class="why" />
        </colgroup>
        <thead class="unseen">
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Kind</th>
            <th scope="col">What</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <Chunks
          of={entries}
          columns={4}
          rowHeight={30}
          row={(entry) => (
            <Entry key={`${entry.seq} ${entry.what}`} entry={entry} server={state.name} />
          )}
        />
      </table>
      {past && entries.length === 0 && <p class="empty">Nothing of that kind has happened.</p>}
      {past && past.next !== "0" && (
        <button type="button" class="plain" onClick={() => void more()}>show older</button>
      )}
    </>
  );
}

function filterOf(params: URLSearchParams): Filter {
  const of = (name: string) => params.get(name) ?? "";
  return {
    kinds: of("kinds"),
    backend: of("backend"),
    frontend: of("frontend"),
    actor: of("actor"),
    minutes: of("minutes"),
  };
}

/** As maglevd filters: what is about a frontend is also what is about the backends that it uses. */
function isWanted(entry: JournalEntry, filter: Filter, state: MaglevdState): boolean {
  const { kinds, backend, frontend, actor } = filter;
  // Some of those that are not told may be wanted.
  if (entry.kind === "more") return true;
  if (kinds !== "" && !kinds.split(",").includes(entry.kind)) return false;
  if (backend !== "" && entry.backend !== backend) return false;
  if (actor !== "" && entry.actor !== actor) return false;
  if (frontend === "" || entry.frontend === frontend) return true;
  return state.backends.get(entry.backend)?.frontends.includes(frontend) ?? false;
}

function Filters(
  { state, filter, children }: {
    state: MaglevdState;
    filter: Filter;
    children: preact.ComponentChildren;
  },
): JSX.Element {
  const change = (part: Partial<Filter>) => {
    const params = Object.entries({ ...filter, ...part }).filter(([, value]) => value !== "");
    go(link(state.name, "journal", "", Object.fromEntries(params)), "replace");
  };
  const chosen = filter.kinds.split(",").filter((kind) => kind !== "");
  const toggle = (kind: string) => {
    const next = chosen.includes(kind) ? chosen.filter((each) => each !== kind) : [...chosen, kind];
    change({ kinds: next.join(",") });
  };
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend class="unseen">kinds</legend>
        {kinds.map((kind) => (
          <button
            key={kind}
            type="button"
            class="chip"
            aria-pressed={chosen.includes(kind)}
            onClick={() => toggle(kind)}
          >
            {kind}
          </button>
        ))}
      </fieldset>
      <span class="fields">
        <Choice
          label="backend"
          value={filter.backend}
          of={[...state.backends.keys()]}
          change={(backend) => change({ backend })}
        />
        <Choice
          label="frontend"
          value={filter.frontend}
          of={[...state.frontends.keys()]}
          change={(frontend) => change({ frontend })}
        />
        <Choice
          label="actor"
          value={filter.actor}
          of={[...new Set(state.journal.map(({ actor }) => actor))].filter((name) => name !== "")}
          change={(actor) => change({ actor })}
        />
        <label>
          <span class="unseen">time</span>
          <select
            value={filter.minutes}
            onChange={({ currentTarget }) => change({ minutes: currentTarget.value })}
          >
            <option value="">any time</option>
            <option value="15">last 15 minutes</option>
            <option value="60">last hour</option>
            <option value="1440">last day</option>
            <option value="10080">last week</option>
          </select>
        </label>
        {children}
      </span>
    </form>
  );
}

/** A text field that knows the names there are. */
function Choice(
  { label, value, of, change }: {
    label: string;
    value: string;
    of: readonly string[];
    change: (value: string) => void;
  },
): JSX.Element {
  return (
    <label>
      <span class="unseen">{label}</span>
      <input
        type="search"
        placeholder={label}
        list={`names-${label}`}
        value={value}
        onChange={({ currentTarget }) => change(currentTarget.value.trim())}
      />
      <datalist id={`names-${label}`}>
        {of.slice(0, 500).map((name) => <option key={name} value={name} />)}
      </datalist>
    </label>
  );
}

function Entry({ entry, server }: { entry: JournalEntry; server: string }): JSX.Element {
  const { at, kind, what, why, to } = entry;
  return (
    <tr class={to === "" ? "" : stateTone(to)}>
      <td class="num when">
        <Moment at={at} />
      </td>
      <td class="kind">{kind}</td>
      <td class="what">{linked(entry, server, what)}</td>
      <td class="why">{why}</td>
    </tr>
  );
}

/** The text with the name in it that it is about as a link there. */
function linked(
  { kind, backend, frontend }: JournalEntry,
  server: string,
  what: string,
): JSX.Element | string {
  if (kind === "vpp") return <a href={link(server, "vpp")}>{what}</a>;
  const name = backend || frontend;
  const at = name === "" ? -1 : what.indexOf(name);
  if (at < 0) return what;
  const href = backend !== ""
    ? link(server, "backend", backend)
    : `${link(server)}#${encodeURIComponent(frontend)}`;
  return (
    <>
      {what.slice(0, at)}
      <a href={href}>
        <Name of={name} />
      </a>
      {what.slice(at + name.length)}
    </>
  );
}

function download(server: string, entries: readonly JournalEntry[]): void {
  const text = JSON.stringify(entries, undefined, 2);
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = `journal-${server.replaceAll(/[^\w.-]/g, "_")}.json`;
  anchor.click();
  URL.revokeObjectURL(url);
}
