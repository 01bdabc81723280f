import { batch, computed, signal } from "@preact/signals";
import { hear } from "../delta.ts";
import { restore } from "../reduce.ts";
import type { MaglevdState } from "../state.ts";
import type { Message, News, WhoAmI, WholeState } from "../wire.ts";

/** What is known of each maglevd, in the order of their tabs. Empty until the first answer. */
export const maglevds = signal<ReadonlyMap<string, MaglevdState>>(new Map());
/** The way to the server of this page; times in this machine's milliseconds. */
export const way = signal<{ readonly isOpen: boolean; readonly since: number }>({
  isOpen: false,
  since: Date.now(),
});
/** Whether anything was heard yet. */
export const isLoaded = signal(false);
/** The server's time in Unix milliseconds; turns once a second. */
export const now = signal(Date.now());
/** Whether there is a place for those who may steer, `/admin/`. */
export const hasLogin = signal(false);
/** Who looks, as the server knows it; undefined until it has said so. */
export const whoAmI = signal<WhoAmI | undefined>(undefined);
/** Why the server does not let whoever looks do so any more; empty: it does. */
export const barred = signal("");
/** The version of the server. */
export const version = signal("");

/** The same, but turning every ten seconds: for what moves that slowly. */
export const slowNow = computed(() => Math.floor(now.value / 10_000) * 10_000);

/** What is known by now: shown a moment later. */
let known: ReadonlyMap<string, MaglevdState> = new Map();
let isToBeShown = false;
/** How long it took to show what was new, the last time, in milliseconds. */
let took = 0;

/** To show what is new takes at most this part of the time: the rest is the reader's. */
const shownShare = 1 / 4;
/** Where nobody looks, browsers draw nothing: then it is shown after so many milliseconds. */
const unseenMs = 1_000;

/** What the server's clock is ahead of this machine's, in milliseconds. */
let ahead = 0;

/** Brings the clock up to date. */
export function tick(): void {
  now.value = Date.now() + ahead;
}

/** Takes everything anew. Returns the place in the stream of events that it is the state at. */
export function replace(state: WholeState): string {
  batch(() => {
    ahead = state.now - Date.now();
    tick();
    version.value = state.version;
    hasLogin.value = state.hasLogin;
    known = new Map(state.servers.map((each) => [each.name, restored(each)]));
    maglevds.value = known;
    isLoaded.value = true;
  });
  return state.id;
}

/** The same snapshot, but with the durations that were seen here: they do not travel. */
function restored(snapshot: WholeState["servers"][number]): MaglevdState {
  const durations = known.get(snapshot.name)?.durations ?? new Map();
  return { ...restore(snapshot), durations };
}

/** Takes a message in. What is new is shown with the next picture that the browser draws. */
export function apply({ told }: Message): void {
  const heard = new Map<string, News[]>();
  for (const [server, news] of told) {
    const known = heard.get(server) ?? [];
    heard.set(server, known);
    known.push(news);
  }
  const next = new Map(known);
  for (const [server, own] of heard) {
    const state = next.get(server);
    if (state) next.set(server, hear(state, own));
  }
  known = next;
  if (isToBeShown) return;
  isToBeShown = true;
  setTimeout(onNextPicture, Math.min(took / shownShare - took, unseenMs), show);
}

function show(): void {
  isToBeShown = false;
  const begun = performance.now();
  maglevds.value = known;
  // Components are drawn behind this, and laid out before the next task.
  requestAnimationFrame(() =>
    setTimeout(() => took = Math.min(performance.now() - begun, unseenMs))
  );
}

/** Calls `run` before the browser draws next, or when it does not. */
function onNextPicture(run: () => void): void {
  const once = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, unseenMs);
}
