import type { MaglevClient } from "../../../lib/cli/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { Feed } from "../../../lib/web/feed.ts";
import { ProbeHistory } from "../../../lib/web/probe_history.ts";
import type { MaglevdState } from "../../../lib/web/state.ts";
import { TrafficRates } from "../../../lib/web/traffic.ts";
import { VppCalls } from "../../../lib/web/vpp_calls.ts";
import type { Change } from "../../../lib/web/wire.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

/** Feeds on this client, by a clock in the test's hands, what is known of before. */
export function fed(
  client: MaglevClient,
  known: MaglevdState | (() => MaglevdState),
  clock = new FakeClock(),
) {
  const over = new AbortController();
  const changes: Change[] = [];
  const log = new RecordedLog();
  const feed = new Feed({
    ...{ name: "rtr1", address: "there", clock, log },
    client: () => client,
    traffic: new TrafficRates(),
    probes: new ProbeHistory(),
    calls: new VppCalls(),
    state: () => typeof known === "function" ? known() : known,
    publish: (change) => void changes.push(change),
  });
  const running = feed.run(over.signal);
  const end = async () => {
    over.abort();
    await running;
  };
  return { clock, changes, log, renew: () => feed.renew(), end };
}
