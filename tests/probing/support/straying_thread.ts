/** The thread that probes, which makes mistakes that nobody catches when it hears of debug records. */

import type { ToThread } from "../../../lib/probing/thread_messages.ts";
import "../../../lib/probing/thread_server.ts";

addEventListener("message", (event) => {
  const { data } = event as MessageEvent<ToThread>;
  if (data.kind !== "debug") return;
  if (!data.wanted) return void Promise.reject("a rejection");
  queueMicrotask(() => {
    throw new TypeError("an error");
  });
});
