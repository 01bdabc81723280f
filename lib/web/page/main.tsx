/**
 * The page of maglevd-frontend.
 *
 * @module
 */

import { effect } from "@preact/signals";
import { type JSX, render } from "preact";
import { useEffect } from "preact/hooks";
import { Name } from "./parts.tsx";
import { Actions } from "./actions.tsx";
import { BackendPage } from "./backend_page.tsx";
import { follow, keepTime } from "./follow.ts";
import { Header } from "./header.tsx";
import { JournalPage } from "./journal_page.tsx";
import { Overlays, watchKeys } from "./overlays.tsx";
import { AllOverview, Overview } from "./overview.tsx";
import { problemsOf } from "./problems.ts";
import { base, link, route, watchAddress } from "./route.ts";
import { hasLogin, isLoaded, maglevds, now, version, whoAmI } from "./store.ts";
import { VppPage } from "./vpp_page.tsx";

/** For so many milliseconds nothing is said of an answer that does not come. */
const patienceMs = 500;

function App(): JSX.Element {
  return (
    <>
      <a class="skip" href="#main">to the content</a>
      <Header />
      <main id="main" tabIndex={-1}>
        <View />
      </main>
      <footer>
        <span>maglevd-frontend {version}</span>
        {whoAmI.value && whoAmI.value.name !== "" && (
          <span class="dim">
            logged in as <Name of={whoAmI.value.name} />, with the role {whoAmI.value.role}
          </span>
        )}
        {base === "/view" && isLoaded.value && (
          <span class="dim">
            read only{!hasLogin.value && ": it was started without anybody who may steer"}
          </span>
        )}
      </footer>
      <Overlays />
      <Actions />
    </>
  );
}

function View(): JSX.Element {
  const { server, view, name } = route.value;
  const state = maglevds.value.get(server);
  useEffect(() => {
    const place = location.hash.slice(1);
    if (place !== "") document.getElementById(place)?.scrollIntoView();
  }, [server, view, isLoaded.value]);
  if (!isLoaded.value) return <p class="empty" role="status">Loading…</p>;
  if (server === "" && maglevds.value.size > 1) return <AllOverview />;
  if (!state) {
    const [first] = maglevds.value.keys();
    return (
      <p class="empty">
        This server does not show a maglevd{" "}
        <b>
          <Name of={server} />
        </b>. {first !== undefined && <a href={link(first)}>Show {first}</a>}
      </p>
    );
  }
  switch (view) {
    case "backend":
      return <BackendPage key={`${server} ${name}`} state={state} name={name} />;
    case "vpp":
      return <VppPage key={server} state={state} />;
    case "journal":
      return <JournalPage key={server} state={state} />;
    case "overview":
      return <Overview key={server} state={state} />;
  }
}

/** The title says how things are, for whoever looks at another tab. */
effect(() => {
  const { server, name } = route.value;
  const states = server === "" ? [...maglevds.value.values()] : [maglevds.value.get(server)];
  const wrong = states.flatMap((state) => state ? problemsOf(state, now.value) : [])
    .filter(({ tone }) => tone !== "info").length;
  const what = [name, server || "all"].filter((part) => part !== "").join(" · ");
  document.title = `${wrong > 0 ? `(${wrong}) ` : ""}${what} – maglev`;
});

watchAddress();
watchKeys();
keepTime();
const root = document.getElementById("app");
// What is shown first is what there is: a frame around nothing would be a picture more to wait for.
await Promise.race([follow(), new Promise((resolve) => setTimeout(resolve, patienceMs))]);
// What stands there would stay behind all that is drawn.
root?.replaceChildren();
if (root) render(<App />, root);
