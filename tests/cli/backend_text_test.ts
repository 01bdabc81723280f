import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { drainText, drainWord } from "../../lib/cli/backend_text.ts";
import { ActorSchema, type DrainInfo, DrainInfoSchema } from "../../lib/gen/maglev_pb.ts";

const now = 1_700_000_000_000;
const ns = (ms: number) => BigInt(ms) * 1_000_000n;

type Change = Partial<
  Pick<DrainInfo, "deadlineUnixNs" | "drainedUnixNs" | "packetsPerSecond">
>;

function drain(change: Change): DrainInfo {
  const actor = create(ActorSchema, { name: "operator", from: "192.0.2.7" });
  return create(DrainInfoSchema, { actor, sinceUnixNs: ns(now - 12_000), ...change });
}

Deno.test("a drain tells who began it, how long ago, what still flows and until when", () => {
  const by = "draining by operator from 192.0.2.7 for 12s";
  assert.equal(drainText(drain({}), now), by);
  assert.equal(drainText(drain({ packetsPerSecond: 33.6 }), now), `${by}, 34 packets/s`);
  const deadlineUnixNs = ns(now + 588_000);
  assert.equal(
    drainText(drain({ packetsPerSecond: 0, deadlineUnixNs }), now),
    `${by}, 0 packets/s, what is left is moved away in 9m48s`,
  );
  assert.equal(
    drainText(drain({ deadlineUnixNs: ns(now) }), now),
    `${by}, what is left is moved away`,
  );
  assert.equal(drainWord(drain({})), "draining");
});

Deno.test("a drained one tells for how long it has been, and how long that took", () => {
  const drained = drain({ drainedUnixNs: ns(now - 2_000), packetsPerSecond: 0 });
  assert.equal(drainText(drained, now), "drained by operator from 192.0.2.7, for 2s, after 10s");
  assert.equal(drainWord(drained), "drained");
});
