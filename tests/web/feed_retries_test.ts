import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { MaglevClient } from "../../lib/cli/mod.ts";
import { type Event, EventSchema } from "../../lib/gen/maglev_pb.ts";
import { FakeClock, sleep } from "../../lib/time/mod.ts";
import { Feed } from "../../lib/web/feed.ts";
import { ProbeHistory } from "../../lib/web/probe_history.ts";
import { fold } from "../../lib/web/reduce.ts";
import { type MaglevdState, unheard } from "../../lib/web/state.ts";
import { TrafficRates } from "../../lib/web/traffic.ts";
import { VppCalls } from "../../lib/web/vpp_calls.ts";
import { olderClient } from "../cli/support/older.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { settle } from "../support/until.ts";
import { fed } from "./support/fed.ts";
import { openOlder } from "./support/follow.ts";

/** A maglevd that is asked for events so often, at these times, and how long it then tells any. */
function asked() {
  const clock = new FakeClock();
  const times: number[] = [];
  const said = { lastsMs: 0 };
  const watchEvents: MaglevClient["watchEvents"] = async function* (_, options) {
    times.push(clock.now());
    if (said.lastsMs === 0) throw new ConnectError("not now", Code.Unavailable);
    yield create(EventSchema, { event: { case: "audit", value: {} } });
    await sleep(clock, said.lastsMs, options?.signal);
  };
  const { renew, end } = fed({ ...olderClient(), watchEvents }, unheard("rtr1", 0), clock);
  const pass = (ms: number) => clock.advanceAsync(ms, () => settle(5));
  return { renew, end, times, said, pass };
}

Deno.test("a maglevd that refuses is asked once a minute, or at once with something else to show", async () => {
  const clock = new FakeClock();
  const over = new AbortController();
  let tries = 0;
  const refusing: MaglevClient["watchEvents"] = async function* () {
    tries++;
    yield* await Promise.reject<Event[]>(new ConnectError("not you", Code.Unauthenticated));
  };
  const feed = new Feed({
    ...{ name: "rtr1", address: "there", clock, log: new RecordedLog() },
    client: () => ({ ...olderClient(), watchEvents: refusing }),
    traffic: new TrafficRates(),
    probes: new ProbeHistory(),
    calls: new VppCalls(),
    state: () => unheard("rtr1", 0),
    publish: () => {},
  });
  const running = feed.run(over.signal);
  await clock.advanceAsync(59_999);
  assert.equal(tries, 1);
  await clock.advanceAsync(1);
  assert.equal(tries, 2);
  feed.renew();
  await clock.advanceAsync(0);
  assert.equal(tries, 3);
  over.abort();
  await running;
  assert.equal(clock.pending, 0);
});

Deno.test("a maglevd is said to be lost again though nobody was told yet that it was there", async () => {
  const older = olderClient();
  const reason = "maglevd ended the stream of events";
  const before: MaglevdState = { ...unheard("rtr1", 0), link: { state: "lost", since: 1, reason } };
  const { clock, changes, end } = fed(older, before);
  const links = () => changes.flatMap((change) => change.kind === "link" ? [change.link] : []);
  for (let i = 0; i < 1_000 && links().at(-1)?.state !== "lost"; i++) await clock.advanceAsync(0);
  const since = clock.wall();
  assert.deepEqual(links().map(({ state, since }) => [state, since]), [
    ["connected", since],
    ["lost", since],
  ]);
  await end();
});

Deno.test("a maglevd that is back and can still not be read is said to be so anew", async () => {
  const over = Promise.withResolvers<void>();
  let streams = 0;
  const older = openOlder();
  const { clock, log, changes, end } = fed({
    ...older,
    listBackends: () => Promise.reject(new ConnectError("premature EOF", Code.Internal)),
    async *watchEvents(request, options) {
      if (++streams > 1) return yield* older.watchEvents(request, options);
      yield create(EventSchema, { event: { case: "audit", value: {} } });
      await over.promise;
    },
  }, unheard("rtr1", 0));
  const links = () =>
    changes.flatMap((change) => change.kind === "link" ? [change.link] : [])
      .map(({ state, reason }) => `${state}: ${reason}`);
  const said = async (count: number) => {
    for (let i = 0; i < 1_000 && links().length < count; i++) {
      await clock.advanceAsync(1, () => settle(5));
    }
    return links();
  };
  const unread = ["connected: ", "connected: premature EOF"];
  assert.deepEqual(await said(2), unread);
  over.resolve();
  const lost = "lost: maglevd ended the stream of events";
  assert.deepEqual(await said(5), [...unread, lost, ...unread]);
  assert.equal(log.named("maglevd-not-read").length, 2);
  await end();
});

Deno.test("a maglevd that was never heard is lost since it was asked first, however often it is", async () => {
  const silent = { ...olderClient(), watchEvents: () => assert.fail("nobody is there") };
  let known = unheard("rtr1", 0);
  const { clock, changes, end } = fed(silent, () => known);
  const since = clock.wall();
  const links = () => changes.flatMap((change) => change.kind === "link" ? [change.link] : []);
  await clock.advanceAsync(0);
  assert.partialDeepStrictEqual(links(), [{ state: "lost", since }]);
  known = fold(known, changes);
  await clock.advanceAsync(60_000);
  assert.equal(links().length, 1);
  await end();
});

Deno.test("a maglevd that is not there is asked ever less often, in the end every 10 s", async () => {
  const { times, pass, renew, end } = asked();
  await pass(32_700);
  assert.deepEqual(times.splice(0), [
    ...[0, 100, 300, 700, 1_500, 3_100, 6_300, 12_700, 22_700, 32_700],
  ]);
  // Who has something else to show begins anew.
  renew();
  await pass(300);
  assert.deepEqual(times, [32_700, 32_800, 33_000]);
  await end();
});

Deno.test("a maglevd that was heard for 10 s is asked again at once, one that was for less ever later", async () => {
  const { times, said, pass, end } = asked();
  await pass(1_500);
  said.lastsMs = 9_999;
  await pass(1_600 + 9_999 + 3_200);
  assert.deepEqual(times.slice(5), [3_100, 3_100 + 9_999 + 3_200]);
  said.lastsMs = 10_000;
  await pass(9_999 + 6_400 + 10_000 + 100);
  const [first = 0, second = 0] = times.slice(7);
  assert.deepEqual([first, second - first], [32_698, 10_100]);
  await end();
});
