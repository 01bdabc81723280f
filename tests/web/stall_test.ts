import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { connectTo, type MaglevClient, type Patience } from "../../lib/cli/mod.ts";
import { EventSchema, ListEventsResponseSchema } from "../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Feed } from "../../lib/web/feed.ts";
import { ProbeHistory } from "../../lib/web/probe_history.ts";
import { unheard } from "../../lib/web/state.ts";
import { TrafficRates } from "../../lib/web/traffic.ts";
import { VppCalls } from "../../lib/web/vpp_calls.ts";
import { olderClient } from "../cli/support/older.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { follow, openOlder } from "./support/follow.ts";

const impatient: Patience = { openMs: 50, silenceMs: 50 };

const opening = create(EventSchema, {
  event: { case: "opening", value: { streamId: "s", resumed: true } },
});
const heartbeat = create(EventSchema, {
  event: { case: "heartbeat", value: { streamId: "s", seq: 1n } },
});

/** Ends when whoever asks does not wait any more. */
async function untilOver(signal: AbortSignal | undefined): Promise<void> {
  if (!signal?.aborted) {
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  }
}

Deno.test("a maglevd that accepts and says nothing is said not to answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })();
  {
    using connection = connectTo(`127.0.0.1:${listener.addr.port}`);
    const lost = ({ link }: { link: { state: string } }) => link.state === "lost";
    const { state } = await follow(connection.client, lost, impatient);
    assert.equal(state.link.reason, "maglevd at there did not answer in time");
    assert.equal(state.readAt, 0);
  }
  listener.close();
  await accepting;
  for (const conn of accepted) conn.close();
});

Deno.test("a stream that stops in the middle is said to be lost, and what was seen stays", async () => {
  const watchEvents: MaglevClient["watchEvents"] = async function* (_, options) {
    yield opening;
    yield heartbeat;
    await untilOver(options?.signal);
    throw new ConnectError("aborted", Code.Canceled);
  };
  const { state } = await follow(
    { ...olderClient(), watchEvents },
    ({ link, backends }) => link.state === "lost" && backends.size > 0,
    impatient,
  );
  assert.equal(state.link.reason, "nothing was heard from it for 0.05 s");
});

Deno.test("what a maglevd does not answer is said, and keeps nothing else from being shown", async () => {
  let isStalled = true;
  const older = openOlder();
  const getVPPInfo: MaglevClient["getVPPInfo"] = async (...call) => {
    if (!isStalled) return await older.getVPPInfo(...call);
    throw new ConnectError("the operation timed out", Code.DeadlineExceeded);
  };
  const { state, changes, log } = await follow({ ...older, getVPPInfo }, (state) => {
    // Once it was said, it answers again.
    if (state.link.reason !== "") isStalled = false;
    return !isStalled && state.link.reason === "" && state.vpp !== undefined;
  });
  assert.equal(state.link.state, "connected");
  const links = changes.flatMap((change) => change.kind === "link" ? [change.link] : []);
  assert.deepEqual(links.map(({ state, reason }) => [state, reason]), [
    ["connected", ""],
    ["connected", "maglevd at there did not answer in time"],
    ["connected", ""],
  ]);
  assert.deepEqual(new Set(links.map(({ since }) => since)).size, 1);
  assert.equal(log.named("maglevd-not-read").length, 1);
  const shown = changes.findIndex((each) => each.kind === "reading" && each.backends?.length);
  const unread = changes.findIndex((each) => each.kind === "link" && each.link.reason !== "");
  assert.ok(shown < unread, "backends are shown before");
});

Deno.test("of a maglevd that sends garbage nothing is shown, and that is said", async () => {
  const older = openOlder();
  const listBackends: MaglevClient["listBackends"] = () =>
    Promise.reject(new ConnectError("premature EOF", Code.Internal));
  const { state } = await follow(
    { ...older, listBackends },
    ({ link, vpp }) => link.reason !== "" && vpp !== undefined,
  );
  assert.deepEqual([state.link.state, state.link.reason], ["connected", "premature EOF"]);
  assert.deepEqual([state.readAt, state.backends.size], [0, 0]);
});

Deno.test("the past that could not be read at first is read after the stream has resumed", async () => {
  let streams = 0;
  const watchEvents: MaglevClient["watchEvents"] = async function* (_, options) {
    streams++;
    yield opening;
    yield heartbeat;
    if (streams > 1) await untilOver(options?.signal);
  };
  const past = create(ListEventsResponseSchema, {
    events: [{
      ...{ seq: 1n, atUnixNs: 1n },
      event: { case: "operator", value: { action: "pause", backendName: "nginx0" } },
    }],
  });
  const listEvents: MaglevClient["listEvents"] = () =>
    streams > 1
      ? Promise.resolve(past)
      : Promise.reject(new ConnectError("busy", Code.ResourceExhausted));
  const { state } = await follow(
    { ...olderClient(), watchEvents, listEvents },
    ({ journal }) => journal.length > 0,
  );
  assert.equal(state.journal[0]?.backend, "nginx0");
});

Deno.test("a maglevd that breaks off each time is asked ever less, one that was there for long at once", async () => {
  const clock = new FakeClock();
  const over = new AbortController();
  let tries = 0;
  let lastsMs = 0;
  const watchEvents: MaglevClient["watchEvents"] = async function* () {
    tries++;
    yield opening;
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(lastsMs, resolve);
    await promise;
  };
  const running = new Feed({
    ...{ name: "rtr1", address: "there", clock, log: new RecordedLog() },
    client: () => ({ ...olderClient(), watchEvents }),
    traffic: new TrafficRates(),
    probes: new ProbeHistory(),
    calls: new VppCalls(),
    state: () => unheard("rtr1", 0),
    publish: () => {},
  }).run(over.signal);
  // 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 12.7 s, and then every 10 s.
  const turns = () => new Promise<void>((resolve) => setTimeout(resolve));
  await clock.advanceAsync(60_000, turns);
  assert.equal(tries, 12);
  lastsMs = 10_000;
  await clock.advanceAsync(20_000, turns);
  const before = tries;
  lastsMs = 0;
  // The last of them ends, and then it is tried at 0.1, 0.3, 0.7 and 1.5 s.
  await clock.advanceAsync(13_000, turns);
  assert.ok(tries - before >= 4, `${tries - before} tries`);
  over.abort();
  await clock.advanceAsync(10_000, turns);
  await running;
});
