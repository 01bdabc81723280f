import assert from "node:assert/strict";
import { eventKinds } from "../../../lib/events/mod.ts";
import { knownKinds, wantsRecord } from "../../../lib/api/watch/filter.ts";
import { filterOf } from "../support/watch.ts";

Deno.test("unset flags mean what they did before there were others", () => {
  const filter = filterOf({});
  assert.deepEqual([...filter.kinds].sort(), ["backend", "frontend"]);
  const { log, pulses, heartbeat, opening, since } = filter;
  assert.deepEqual(
    { log, pulses, heartbeat, opening, since },
    {
      ...{ log: "info", pulses: false, heartbeat: false, opening: false },
      since: undefined,
    },
  );
  assert.equal(filter.repeated.size, 0);
});

Deno.test("changes are all the other kinds, or those that are named", () => {
  const others = [
    "audit",
    "drain",
    "operator",
    "override",
    "pool",
    "probing",
    "reload",
    "safety",
    "vpp",
    "weight",
  ];
  const kinds = (request: Parameters<typeof filterOf>[0]) => [...filterOf(request).kinds].sort();
  const off = { backend: false, frontend: false };
  assert.deepEqual(kinds({ ...off, changes: true }), others);
  assert.deepEqual(kinds({ ...off, changes: true, kinds: ["vpp", "pool"] }), ["pool", "vpp"]);
  assert.deepEqual(kinds({ changes: true, kinds: ["vpp"] }), ["backend", "frontend", "vpp"]);
  assert.deepEqual(kinds({ ...off, kinds: ["vpp"] }), []);
});

Deno.test("a kind that is named again and again is one kind", () => {
  assert.deepEqual(knownKinds(Array(13_000).fill("vpp"), eventKinds), ["vpp"]);
});

Deno.test("records are left out that repeat what events tell, and no others", () => {
  const all = filterOf({ changes: true }).repeated;
  for (const name of ["backend-transition", "config-diff", "vpp-altered", "operator-action"]) {
    assert.ok(all.has(name), name);
  }
  assert.ok(!all.has("config-reload-done"));
  const some = filterOf({ changes: true, kinds: ["pool"], backend: false }).repeated;
  assert.deepEqual([...some].sort(), ["frontend-failover", "frontend-transition"]);
});

Deno.test("signs of life come with what needs them, unless refused", () => {
  assert.equal(filterOf({ changes: true }).heartbeat, true);
  assert.equal(filterOf({ since: {} }).heartbeat, true);
  assert.equal(filterOf({ pulses: true }).heartbeat, false);
  assert.equal(filterOf({ changes: true, heartbeat: false }).heartbeat, false);
  assert.equal(filterOf({ changes: true, heartbeat: false }).opening, true);
  assert.equal(filterOf({ since: {}, heartbeat: false }).opening, true);
  assert.equal(filterOf({ heartbeat: true }).opening, true);
  assert.equal(filterOf({ heartbeat: false }).opening, false);
});

Deno.test("a level is taken as it comes, and what is none is refused", () => {
  assert.equal(filterOf({ logLevel: "WARN" }).log, "warn");
  assert.equal(filterOf({ logLevel: "debug", log: false }).log, undefined);
  assert.throws(
    () => filterOf({ logLevel: "loud", log: false }),
    /invalid_argument.*log_level "loud" is not debug, info, warn or error/,
  );
  assert.throws(
    () => filterOf({ kinds: ["backend"] }),
    /kind "backend" is not pool, weight, reload, operator, override, drain, safety, vpp, probing or audit/,
  );
});

Deno.test("of the log what is asked for by name is told, and how much of it was left out", () => {
  const filter = filterOf({ changes: true, logNames: ["vpp-lb", "vpp-disc", "audit"] });
  const wants = (msg: string, record?: string) =>
    wantsRecord(filter, { level: "info", msg, wall: 0, attributes: { record } });
  assert.ok(wants("vpp-lbsync-as-add"));
  assert.ok(wants("vpp-lb"));
  assert.ok(!wants("vpp-l"));
  assert.ok(!wants("config-reload-done"));
  assert.ok(!wants("audit"), "an event tells it");
  assert.ok(wants("log-limited", "vpp-lbsync-as-add"));
  assert.ok(!wants("log-limited", "probe-failed"));
  assert.ok(!wants("log-limited"));
  assert.ok(wantsRecord(filterOf({}), { level: "info", msg: "any", wall: 0, attributes: {} }));
});

Deno.test("names of records are few and short: they are kept while a stream is open", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `vpp-${i}`);
  assert.deepEqual(filterOf({ logNames: names(16) }).logNames, names(16));
  assert.deepEqual(filterOf({ logNames: Array(17).fill("vpp-") }).logNames, ["vpp-"]);
  assert.throws(
    () => filterOf({ logNames: names(17) }),
    /invalid_argument.*log_names has 17 names, and at most 16 are taken/,
  );
  assert.equal(filterOf({ logNames: ["v".repeat(100)] }).logNames.length, 1);
  assert.throws(
    () => filterOf({ logNames: ["v".repeat(101)] }),
    /invalid_argument.*log_names has a name of more than 100 characters/,
  );
});
