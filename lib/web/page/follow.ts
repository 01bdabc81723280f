import type { Message, WholeState } from "../wire.ts";
import { apply, isLoaded, replace, tick, way } from "./store.ts";

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
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const state: WholeState = await answer.json();
    lastId = replace(state);
    listen();
  } catch {
    lost();
    timer = setTimeout(follow, againMs);
  }
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
    if (slept) void (lastId === "" ? follow() : listen());
  }, 1000);
  addEventListener("online", () => void follow());
  // A page that is kept for the back button would keep its connection, and a browser has six of them.
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", ({ persisted }) => persisted && void follow());
}
