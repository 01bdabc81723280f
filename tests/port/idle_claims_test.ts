import assert from "node:assert/strict";
import { connectionLimits } from "../../lib/port/limits.ts";
import type { Claim } from "../../lib/port/peer_shares.ts";
import { prefixOf } from "../../lib/port/prefix.ts";
import { sharesOf } from "./support/peer_shares_of.ts";

/** Claims whose losses are written down, as `loser to newcomer`. */
function setUp(limits: Parameters<typeof sharesOf>[0]) {
  const shares = sharesOf(limits);
  const lost: string[] = [];
  const attempt = (peer: string, name = peer) =>
    shares.claimIdle(prefixOf(peer), ({ text }) => {
      assert.ok(shares.budget.used < shares.budget.limit, "who gives way has lost its slot");
      lost.push(`${name} to ${text}`);
    });
  const take = (peer: string, name = peer): Claim => {
    const taken = attempt(peer, name);
    assert.ok(typeof taken !== "string", "refused");
    return taken;
  };
  const refusal = (peer: string): string | undefined => {
    const taken = attempt(peer);
    if (typeof taken !== "string") return undefined;
    return shares.refuse(taken, prefixOf(peer), peer, ", none is idle");
  };
  return { shares, used: () => shares.budget.used, lost, take, refusal };
}

Deno.test("of a full port the longest idle connection of who has most gives way", () => {
  const { used, lost, take } = setUp({ total: 4, perPrefix: 4, reserved: 0 });
  take("2001:db8::1", "first");
  take("192.0.2.1", "only");
  take("2001:db8::2", "second");
  take("2001:db8::3", "third");
  take("192.0.2.2", "new");
  assert.deepEqual(lost, ["first to 192.0.2.2/32"]);
  take("192.0.2.3", "newer");
  assert.deepEqual(lost.slice(1), ["second to 192.0.2.3/32"]);
  assert.equal(used(), 4);
  take("192.0.2.4");
  assert.deepEqual(lost.slice(2), ["only to 192.0.2.4/32"], "all have one, this the longest");
});

Deno.test("who has as many takes from nobody but itself", () => {
  const { lost, take, refusal } = setUp({ total: 4, perPrefix: 4, reserved: 0 });
  for (const name of ["a1", "a2"]) take("192.0.2.1", name);
  const mine = ["b1", "b2"].map((name) => take("192.0.2.2", name));
  take("192.0.2.2", "b3");
  assert.deepEqual(lost, ["b1 to 192.0.2.2/32"]);
  for (const slot of mine) slot.busy();
  take("192.0.2.2", "b4");
  assert.deepEqual(lost.slice(1), ["b3 to 192.0.2.2/32"]);
  assert.equal(refusal("192.0.2.1"), undefined, "a takes from itself");
  assert.deepEqual(lost.slice(2), ["a1 to 192.0.2.1/32"]);
});

Deno.test("a prefix at its limit takes from itself, and is refused when it is busy", () => {
  const { used, lost, take, refusal } = setUp({ total: 10, perPrefix: 2, reserved: 0 });
  const first = take("2001:db8::1", "first");
  const second = take("2001:db8::2", "second");
  first.busy();
  const third = take("2001:db8::3", "third");
  assert.deepEqual(lost, ["second to 2001:db8::/64"]);
  third.busy();
  assert.equal(
    refusal("2001:db8::4"),
    "the limit of 2 connections of 2001:db8::/64 is reached, none is idle",
  );
  first.idle();
  assert.equal(refusal("2001:db8::4"), undefined);
  assert.deepEqual(lost.slice(1), ["first to 2001:db8::/64"]);
  second.giveBack();
  first.giveBack();
  first.idle();
  first.busy();
  assert.equal(used(), 2, "who has lost its slot has nothing to give back");
  third.giveBack();
  assert.equal(used(), 1);
});

Deno.test("strangers who are busy with all they may have leave this machine its slots", () => {
  const { used, lost, take, refusal } = setUp({ total: 6, perPrefix: 3, reserved: 2 });
  for (const peer of ["192.0.2.1", "192.0.2.2", "192.0.2.4", "192.0.2.5"]) take(peer).busy();
  assert.equal(
    refusal("192.0.2.3"),
    "the limit of 4 connections is reached, none is idle",
  );
  for (const peer of ["127.0.0.1", "::1"]) take(peer).busy();
  assert.equal(
    refusal("unix:alice"),
    "the limit of 6 connections is reached, none is idle",
  );
  assert.deepEqual([lost, used()], [[], 6]);
});

Deno.test("where a thousand networks are busy the newest stranger is refused, and nobody ended", () => {
  const { connections: total, ...limits } = connectionLimits("grpc", Infinity);
  const { used, lost, take, refusal } = setUp({ total, ...limits });
  const strangers = total - limits.reserved;
  for (let n = 0; n < strangers; n++) take(`198.18.${n >> 8}.${n & 255}`).busy();
  const full = "the limit of 992 connections is reached, none is idle";
  assert.equal(refusal("203.0.113.1"), full);
  assert.equal(refusal("2001:db8::1"), full);
  for (let n = 0; n < limits.reserved; n++) take("127.0.0.1");
  assert.deepEqual([used(), lost], [total, []]);
});

Deno.test("where all are busy the latest of who has most gives way, as long as it has more", () => {
  const { used, lost, take, refusal } = setUp({ total: 5, perPrefix: 5, reserved: 1 });
  take("127.0.0.1", "h1").busy();
  for (const name of ["a1", "a2", "a3", "a4"]) take("192.0.2.1", name).busy();
  for (const name of ["b1", "b2"]) take("192.0.2.9", name).busy();
  assert.deepEqual(lost, ["a4 to 192.0.2.9/32", "a3 to 192.0.2.9/32"]);
  assert.equal(refusal("192.0.2.9"), "the limit of 4 connections is reached, none is idle");
  take("192.0.2.8", "c1").busy();
  assert.deepEqual(lost.slice(2), ["a2 to 192.0.2.8/32"]);
  assert.match(refusal("192.0.2.8") ?? "", /^the limit of 4 connections is reached/);
  assert.deepEqual([lost.length, used()], [3, 5]);
});

Deno.test("who was busy and is gone gives way to nobody", () => {
  const { lost, take, refusal } = setUp({ total: 3, perPrefix: 3, reserved: 0 });
  const [first, , last] = ["a1", "a2", "a3"].map((name) => {
    const slot = take("192.0.2.1", name);
    slot.busy();
    return slot;
  });
  last?.idle();
  last?.busy();
  first?.giveBack();
  first?.busy();
  take("192.0.2.1", "a4").busy();
  take("192.0.2.2", "b");
  assert.deepEqual(lost, ["a4 to 192.0.2.2/32"]);
  take("192.0.2.2", "b2");
  assert.deepEqual(lost.slice(1), ["b to 192.0.2.2/32"]);
  assert.equal(refusal("192.0.2.3"), undefined, "an idle one goes first");
});

Deno.test("this machine gives way to no stranger, and strangers give way to it first", () => {
  const { lost, take, refusal } = setUp({ total: 4, perPrefix: 4, reserved: 1 });
  for (const name of ["h1", "h2", "h3"]) take("127.0.0.1", name);
  const stranger = take("192.0.2.1", "s1");
  stranger.busy();
  assert.match(refusal("192.0.2.2") ?? "", /^the limit of 3 connections is reached/);
  stranger.idle();
  take("::1", "other");
  assert.deepEqual(lost, ["s1 to ::1/128"], "though another has more, and idle for longer");
  take("::1", "more");
  assert.deepEqual(lost.slice(1), ["h1 to ::1/128"]);
});

Deno.test("who becomes idle again is the last to give way", () => {
  const { lost, take } = setUp({ total: 3, perPrefix: 3, reserved: 0 });
  const [first] = ["first", "second", "third"].map((name) => take("192.0.2.1", name));
  first?.busy();
  first?.idle();
  for (const peer of ["192.0.2.2", "192.0.2.3"]) take(peer);
  assert.deepEqual(lost, ["second to 192.0.2.2/32", "third to 192.0.2.3/32"]);
});

Deno.test("of those that have equally many, the one that has been idle for longest gives way", () => {
  const { lost, take } = setUp({ total: 3, perPrefix: 3, reserved: 0 });
  const slots = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((peer) => take(peer));
  for (const slot of [slots[2], slots[0], slots[1]]) {
    slot?.busy();
    slot?.idle();
  }
  for (const peer of ["198.51.100.1", "198.51.100.2"]) take(peer);
  assert.deepEqual(lost, [
    "192.0.2.3 to 198.51.100.1/32",
    "192.0.2.1 to 198.51.100.2/32",
  ]);
});

Deno.test("who has left is forgotten, and does not become idle any more", () => {
  const { shares, lost, take } = setUp({ total: 2, perPrefix: 2, reserved: 0 });
  const gone = take("192.0.2.1", "gone");
  gone.busy();
  gone.giveBack();
  assert.equal(shares.prefixes, 0);
  const [first] = [take("192.0.2.1", "first"), take("192.0.2.1", "second")];
  first?.busy();
  gone.idle();
  first?.idle();
  take("192.0.2.2");
  assert.deepEqual(lost, ["second to 192.0.2.2/32"]);
  take("192.0.2.3");
  assert.deepEqual(lost.slice(1), ["first to 192.0.2.3/32"]);
});

Deno.test("who has left does not become idle any more, though others of its prefix stay", () => {
  const { lost, take } = setUp({ total: 2, perPrefix: 2, reserved: 0 });
  const gone = take("192.0.2.1", "gone");
  take("192.0.2.1", "first");
  gone.busy();
  gone.giveBack();
  gone.idle();
  take("192.0.2.1", "second");
  for (const peer of ["192.0.2.2", "192.0.2.3"]) take(peer);
  assert.deepEqual(lost, ["first to 192.0.2.2/32", "second to 192.0.2.3/32"]);
});

Deno.test("this machine at its limit takes from itself, not from strangers", () => {
  const { lost, take } = setUp({ total: 6, perPrefix: 2, reserved: 0 });
  for (const name of ["s1", "s2"]) take("192.0.2.1", name);
  for (const name of ["h1", "h2", "h3", "h4"]) take("127.0.0.1", name);
  assert.deepEqual(lost, ["h1 to 127.0.0.0/8"]);
});

Deno.test("among this machine's own the one that has most gives way", () => {
  const { lost, take } = setUp({ total: 4, perPrefix: 4, reserved: 1 });
  take("::1", "longest");
  for (const name of ["h1", "h2", "h3"]) take("127.0.0.1", name);
  take("unix:alice", "new");
  assert.deepEqual(lost, ["h1 to unix:alice"]);
});

Deno.test("users who are busy with all there is lock no other user of the machine out", () => {
  const { lost, take, refusal } = setUp({ total: 6, perPrefix: 3, reserved: 2 });
  take("192.0.2.1").busy();
  for (const name of ["h1", "h2", "h3"]) take("127.0.0.1", name).busy();
  assert.equal(
    refusal("127.0.0.2"),
    "the limit of 3 connections of 127.0.0.0/8 is reached, none is idle",
  );
  for (const name of ["a1", "a2"]) take("unix:alice", name).busy();
  take("unix:root", "r1").busy();
  assert.deepEqual(lost, ["h3 to unix:root"]);
  assert.match(refusal("unix:root") ?? "", /^the limit of 6 connections is reached/);
  assert.match(refusal("192.0.2.1") ?? "", /^the limit of 4 connections is reached/);
});

Deno.test("strangers who have more give way to this machine before its own do", () => {
  const { lost, take } = setUp({ total: 6, perPrefix: 3, reserved: 2 });
  for (const name of ["s1", "s2"]) take("192.0.2.1", name).busy();
  for (const name of ["h1", "h2", "h3"]) take("127.0.0.1", name).busy();
  take("::1", "i1").busy();
  take("unix:root", "r1").busy();
  assert.deepEqual(lost, ["s2 to unix:root"]);
});
