import type { MaglevClient, Patience } from "../../../lib/cli/mod.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { Feed } from "../../../lib/web/feed.ts";
import { ProbeHistory } from "../../../lib/web/probe_history.ts";
import { fold } from "../../../lib/web/reduce.ts";
import { type MaglevdState, unheard } from "../../../lib/web/state.ts";
import { TrafficRates } from "../../../lib/web/traffic.ts";
import { VppCalls } from "../../../lib/web/vpp_calls.ts";
import type { Change } from "../../../lib/web/wire.ts";
import { olderClient } from "../../cli/support/older.ts";
import { within } from "../../support/deadline.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

/** Follows a maglevd until what is known of it is as it should be; tells every change. */
export async function follow(
  client: MaglevClient,
  holds: (state: MaglevdState) => boolean,
  patience?: Patience,
): Promise<{
  state: MaglevdState;
  changes: readonly Change[];
  probes: ProbeHistory;
  log: RecordedLog;
}> {
  const over = new AbortController();
  const changes: Change[] = [];
  const log = new RecordedLog();
  const probes = new ProbeHistory();
  let state = unheard("rtr1", 0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const feed = new Feed({
    ...{ name: "rtr1", address: "there", clock: systemClock, log },
    client: () => client,
    ...patience && { patience },
    traffic: new TrafficRates(),
    probes,
    calls: new VppCalls(),
    state: () => state,
    publish(change) {
      changes.push(change);
      state = fold(state, [change]);
      if (holds(state)) resolve();
    },
  }).run(over.signal);
  try {
    await within(30_000, "what was waited for", promise);
  } finally {
    over.abort();
    await feed;
  }
  return { state, changes, probes, log };
}

/** A maglevd of before whose stream stays open. */
export function openOlder(): MaglevClient {
  const older = olderClient();
  const watchEvents: MaglevClient["watchEvents"] = async function* (request, options) {
    yield* older.watchEvents(request);
    const { signal } = options ?? {};
    if (signal?.aborted) return;
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  };
  return { ...older, watchEvents };
}
