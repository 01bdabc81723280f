import { deepEqual } from "node:assert/strict";
import { listenToSignals } from "../../lib/daemon/ending.ts";
import { within } from "../support/deadline.ts";

// SIGINT is left to the end-to-end tests: the test runner listens to it itself.
Deno.test("SIGHUP reloads; the first SIGTERM stops, the next forces", async () => {
  const heard: string[] = [];
  let wake = () => {};
  const hear = (what: string) => {
    heard.push(what);
    wake();
  };
  const stop = listenToSignals({
    reload: () => hear("reload"),
    stop: (signal) => hear(`stop ${signal}`),
    force: (signal) => hear(`force ${signal}`),
  });
  for (const signal of ["SIGHUP", "SIGTERM", "SIGHUP", "SIGTERM"] as const) {
    const handled = new Promise<void>((resolve) => wake = resolve);
    Deno.kill(Deno.pid, signal);
    await within(5000, signal, handled);
  }
  stop();
  deepEqual(heard, ["reload", "stop SIGTERM", "reload", "force SIGTERM"]);
});
