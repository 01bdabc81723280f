import assert from "node:assert/strict";
import { eventKinds } from "../../../lib/events/mod.ts";
import { knownKinds } from "../../../lib/rpc/watch/filter.ts";
import { filterOf } from "./support.ts";

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
