import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Name } from "./parts.tsx";
import { stateTone } from "./health.ts";
import { Icon, type IconName, State } from "./icons.tsx";
import { go, link, rememberScope, route } from "./route.ts";
import { maglevds } from "./store.ts";

const open = signal<"search" | "help" | undefined>(undefined);

/** Shows the search. */
export function openSearch(): void {
  open.value = "search";
}

/** Shows the keys, and what signs mean. */
export function openHelp(): void {
  open.value = "help";
}

const keys: readonly (readonly [key: string, what: string])[] = [
  ["/", "search frontends and backends"],
  ["?", "this help"],
  ["1 … 9", "the maglevd at that place"],
  ["0", "all maglevds together"],
  ["g o", "overview"],
  ["g v", "VPP"],
  ["g j", "journal"],
  ["Esc", "close, or back to the overview"],
];

const signs: readonly (readonly [sign: IconName, what: string])[] = [
  ["heart", "a probe is running; the dot in its place flashes when one has ended"],
  ["hand", "set by hand, with what the file says"],
];

/** Search and help, above everything else. */
export function Overlays(): JSX.Element | null {
  switch (open.value) {
    case "search":
      return <Search />;
    case "help":
      return (
        <Dialog title="Keys and signs" close={() => open.value = undefined}>
          <dl class="keys">
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  {key.split(" ").map((each) => each === "…" ? "…" : <kbd key={each}>{each}</kbd>)}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
            {signs.map(([sign, what]) => (
              <div key={sign}>
                <dt class={sign === "heart" ? "running" : undefined}>
                  <Icon name={sign} size={14} />
                  <span class="unseen">{sign}</span>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      );
    default:
      return null;
  }
}

/** A dialog of the browser's own: it keeps the focus, and Escape closes it. */
export function Dialog(
  { title, close, children }: {
    title: string;
    close: () => void;
    children: preact.ComponentChildren;
  },
): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={title}
      onClose={close}
      onClick={(event) => event.target === element.current && element.current?.close()}
    >
      <div class="dialog">
        <header>
          <h2>{title}</h2>
          <button type="button" class="tool" onClick={() => element.current?.close()}>Close</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface Found {
  readonly server: string;
  readonly kind: "frontend" | "backend";
  readonly name: string;
  readonly more: string;
  readonly state: string;
  readonly to: string;
}

/** So many findings are shown. */
const shown = 12;

function find(text: string): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const fits = (...texts: string[]) =>
    words.every((word) => texts.some((each) => each.toLowerCase().includes(word)));
  const found: Found[] = [];
  for (const [server, { frontends, backends }] of maglevds.value) {
    for (const { name, address, description, state } of frontends.values()) {
      if (!fits(name, address, description, server)) continue;
      const to = `${link(server)}#${encodeURIComponent(name)}`;
      found.push({ server, kind: "frontend", name, more: address, state, to });
    }
    for (const { name, address, state } of backends.values()) {
      if (!fits(name, address, state, server)) continue;
      const to = link(server, "backend", name);
      found.push({ server, kind: "backend", name, more: address, state, to });
    }
  }
  return found;
}

function Search(): JSX.Element {
  const [text, setText] = useState("");
  const [chosen, choose] = useState(0);
  const all = find(text);
  const found = all.slice(0, shown);
  const close = () => open.value = undefined;
  const visit = ({ server, to }: Found) => {
    close();
    rememberScope(server);
    visitPlace(to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      choose((chosen + step + found.length) % Math.max(1, found.length));
    }
    const hit = found[chosen];
    if (event.key === "Enter" && hit) visit(hit);
  };
  return (
    <Dialog title="Search" close={close}>
      <input
        class="search"
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls="found"
        aria-activedescendant={found[chosen] ? `found-${chosen}` : undefined}
        aria-label="name, address or state"
        placeholder="name, address or state"
        value={text}
        autofocus
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          choose(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="found" id="found" role="listbox" aria-label="found">
        {found.map((each, i) => (
          <li
            key={`${each.server} ${each.kind} ${each.name}`}
            id={`found-${i}`}
            role="option"
            aria-selected={i === chosen}
            onClick={() => visit(each)}
          >
            <State of={each.state || "unknown"} tone={stateTone(each.state)} />
            <b>
              <Name of={each.name} />
            </b>
            <span class="addr">{each.more}</span>
            <span class="dim push">
              {each.kind}
              {maglevds.value.size > 1 && ` · ${each.server}`}
            </span>
          </li>
        ))}
      </ul>
      <p class="dim" role="status">
        {all.length === 0
          ? "Nothing is called that."
          : all.length > shown
          ? `${all.length - shown} more`
          : ""}
      </p>
    </Dialog>
  );
}

/** Goes to a view, and to a place in it. */
function visitPlace(to: string): void {
  const [path = "", place] = to.split("#");
  go(path);
  if (place === undefined) return;
  requestAnimationFrame(() => document.getElementById(place)?.scrollIntoView({ block: "start" }));
}

let isGoing = false;

/** Listens to the keys that {@link Overlays} tells of. */
export function watchKeys(): void {
  addEventListener("keydown", (event) => {
    const at = event.target;
    const isTyping = at instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const { server, view } = route.peek();
    const wasGoing = isGoing;
    isGoing = event.key === "g";
    if (wasGoing && server !== "") {
      if (event.key === "o") go(link(server));
      if (event.key === "v") go(link(server, "vpp"));
      if (event.key === "j") go(link(server, "journal"));
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      openSearch();
    } else if (event.key === "?") openHelp();
    else if (event.key === "Escape" && view !== "overview") go(link(server));
    else if (/^[0-9]$/.test(event.key)) {
      const name = [...maglevds.peek().keys()][Number(event.key) - 1];
      if (event.key === "0" && maglevds.peek().size > 1) chooseScope("");
      if (name !== undefined) chooseScope(name);
    }
  });
}

function chooseScope(server: string): void {
  rememberScope(server);
  go(link(server));
}
