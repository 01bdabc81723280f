import type { Message, WhoAmI, WholeState } from "../wire.ts";
import { base } from "./route.ts";
import { apply, barred, isLoaded, replace, tick, way, whoAmI } from "./store.ts";

/** After a failure, so many milliseconds. */
const againMs = 2_000;
/** A timer that comes so late was asleep, and the connection with it. */
const sleptMs = 15_000;

let source: EventSource | undefined;
let lastId = "";
let timer: ReturnType<typeof setTimeout> | undefined;

/** Follows the server until the page is left: reads everything, then hears of what changes. */
export async function follow(): Promise<void> {
  clearTimeout(timer);
  source?.close();
  try {
    const answer = await fetch("/view/api/state");
    // To ask again by itself would have the browser ask for a password again and again.
    if (answer.status === 401) return await bar(answer);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const state: WholeState = await answer.json();
    barred.value = "";
    lastId = replace(state);
    listen();
    void askWhoAmI();
  } catch {
    lost();
    timer = setTimeout(follow, againMs);
  }
}

/** Whoever looks may not do so any more: nothing is asked before somebody says so. */
async function bar(answer: Response): Promise<void> {
  const { error = "" } = await answer.json().catch(() => ({}));
  barred.value = error === "" ? `the server answered ${answer.status}` : error;
}

/** Asks who looks, and what it may do; what was known stays where nobody answers. */
async function askWhoAmI(): Promise<void> {
  const answer = await fetch(`${base}/api/whoami`, { cache: "no-store" }).catch(() => undefined);
  if (!answer) return;
  const nobody: WhoAmI = { name: "", role: "view", reason: "" };
  const told: WhoAmI = answer.ok ? await answer.json().catch(() => nobody) : nobody;
  whoAmI.value = told;
}

/** Opens the stream behind what was heard last. The browser comes back by itself. */
function listen(): void {
  source?.close();
  source = new EventSource(`/view/api/events?after=${encodeURIComponent(lastId)}`);
  source.onopen = () => {
    way.value = { isOpen: true, since: Date.now() };
  };
  source.onmessage = (event) => {
    lastId = event.lastEventId;
    const message: Message = JSON.parse(event.data);
    apply(message);
  };
  source.addEventListener("resync", () => void follow());
  source.addEventListener("whoami", () => void askWhoAmI());
  source.addEventListener("denied", () => void follow());
  source.onerror = () => {
    lost();
    // What was refused for good is not tried again by the browser.
    if (source?.readyState === EventSource.CLOSED) timer = setTimeout(follow, againMs);
  };
}

function lost(): void {
  if (way.peek().isOpen || !isLoaded.peek()) way.value = { isOpen: false, since: Date.now() };
}

/** Turns the clock once a second; a laptop that wakes up opens its connection anew. */
export function keepTime(): void {
  let last = Date.now();
  setInterval(() => {
    const slept = Date.now() - last > sleptMs;
    last = Date.now();
    tick();
    if (slept && barred.peek() === "") void (lastId === "" ? follow() : listen());
  }, 1000);
  addEventListener("online", () => void follow());
  // A page that is kept for the back button would keep its connection, and a browser has six of them.
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", ({ persisted }) => persisted && void follow());
}
