import type { JSX } from "preact";
import { Icon } from "./icons.tsx";
import { openHelp, openSearch } from "./overlays.tsx";
import { link, rememberScope, route } from "./route.ts";
import { problemsOf } from "./problems.ts";
import { barred, isLoaded, maglevds, now, way, whoAmI } from "./store.ts";
import { Name, Since } from "./parts.tsx";

/** Tabs, views, search; and whether this page hears anything at all. */
export function Header(): JSX.Element {
  const { server, view } = route.value;
  const all = [...maglevds.value.values()];
  return (
    <header class="top">
      <a class="brand" href={link(all.length > 1 ? "" : all[0]?.name ?? "")}>
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
          <path d="M3 15.5h16M5 11h12M8 6.5h6" />
        </svg>
        <span>maglev</span>
      </a>
      <Who />
      <nav class="tabs" aria-label="maglevds">
        {all.length > 1 && (
          <a
            href={link("")}
            aria-current={server === "" ? "page" : undefined}
            onClick={() => rememberScope("")}
          >
            all
          </a>
        )}
        {all.map((state) => {
          const { name, link: { state: way, since } } = state;
          const wrong = problemsOf(state, now.value).filter(({ tone }) => tone !== "info").length;
          return (
            <a
              key={name}
              href={link(name)}
              aria-current={server === name ? "page" : undefined}
              onClick={() => rememberScope(name)}
            >
              <span class={`dot ${way}`} aria-hidden="true" />
              <Name of={name} />
              {way === "lost" && (
                <span class="bad num">
                  lost <Since at={since} />
                </span>
              )}
              <span class="unseen">{way}</span>
              {wrong > 0 && way === "connected" && (
                <span class="count num">
                  {wrong}
                  <span class="unseen">need a look</span>
                </span>
              )}
            </a>
          );
        })}
      </nav>
      <nav class="views" aria-label="views">
        {server !== "" && (
          <>
            <View to={link(server)} is={view === "overview"}>Overview</View>
            <View to={link(server, "vpp")} is={view === "vpp"}>VPP</View>
            <View to={link(server, "journal")} is={view === "journal"}>Journal</View>
          </>
        )}
        <button
          type="button"
          class="tool"
          onClick={openSearch}
          aria-keyshortcuts="/"
          aria-label="Search"
        >
          <Icon name="search" />
          <span class="wide-only">Search</span> <kbd>/</kbd>
        </button>
        <button
          type="button"
          class="tool"
          onClick={openHelp}
          aria-keyshortcuts="?"
          aria-label="Help"
        >
          <kbd>?</kbd>
        </button>
      </nav>
      <Way />
    </header>
  );
}

/** Who has logged in, and as what. */
function Who(): JSX.Element | null {
  const { name, role, reason } = whoAmI.value ?? { name: "", role: "", reason: "" };
  if (name === "") return null;
  return (
    <span class="who" title={`${name} has the role ${role}${reason === "" ? "" : `: ${reason}`}`}>
      <span class="unseen">logged in as</span>
      <Name of={name} />
      <span class="tag info">{role}</span>
    </span>
  );
}

function View(
  { to, is, children }: { to: string; is: boolean; children: string },
): JSX.Element {
  return <a href={to} aria-current={is ? "page" : undefined}>{children}</a>;
}

/** Says that the server of this page is away; what is shown is of before then. */
function Way(): JSX.Element | null {
  const { isOpen, since } = way.value;
  void now.value;
  if (barred.value !== "") {
    return (
      <div class="away" role="alert">
        You may not look here any more: {barred.value}.{" "}
        <button type="button" onClick={() => location.reload()}>Log in</button>
      </div>
    );
  }
  // The stream opens a moment after the first answer.
  if (isOpen || Date.now() - since < 3000) return null;
  return (
    <p class="away" role="alert">
      {isLoaded.value
        ? "The server of this page is not heard: what is shown is of before. Trying again."
        : "The server of this page does not answer. Trying again."}
    </p>
  );
}
