import assert from "node:assert/strict";
import type { H2Request } from "../../lib/h2/mod.ts";
import { prefixOf } from "../../lib/port/prefix.ts";
import { RequestSlots } from "../../lib/port/request_slots.ts";
import { sharesOf } from "./support/peer_shares_of.ts";

const peer = "192.0.2.1";
const done = { status: 204, headers: [] };

function request(contentType = ""): H2Request {
  return {
    ...{ method: "POST", scheme: "http", authority: "", path: "/", peer, connection: {} },
    headers: contentType === "" ? [] : [["content-type", contentType]],
    body: {
      [Symbol.asyncIterator]: () => assert.fail("the body is not to be read"),
    },
    trailers: () => [],
    signal: new AbortController().signal,
  };
}

/** Slots of one connection, and what was said of it. */
function setUp(total: number) {
  const shares = sharesOf({ total, perPrefix: total, reserved: 0 });
  const told: string[] = [];
  const slots = new RequestSlots(shares, prefixOf(peer), {
    busy: () => void told.push("busy"),
    idle: () => void told.push("idle"),
  });
  return { slots, told, used: () => shares.budget.used, refused: () => shares.budget.refused };
}

Deno.test("a request counts until its answer has gone and its handler is done, whichever is last", async () => {
  for (const order of ["handler first", "client first"]) {
    const { slots, told, used } = setUp(4);
    const gate = Promise.withResolvers<typeof done>();
    const asked = request();
    const answer = slots.counting(() => gate.promise)(asked);
    assert.deepEqual([used(), told], [1, ["busy"]]);
    if (order === "client first") slots.over(asked);
    else {
      gate.resolve(done);
      assert.equal(await answer, done);
    }
    assert.deepEqual([used(), told], [1, ["busy"]], order);
    if (order === "handler first") slots.over(asked);
    else {
      gate.resolve(done);
      await answer;
    }
    assert.deepEqual([used(), told], [0, ["busy", "idle"]], order);
    slots.over(asked);
    assert.equal(used(), 0);
  }
});

Deno.test("a connection is busy from its first request to its last", async () => {
  const { slots, told } = setUp(4);
  const handler = slots.counting(() => Promise.resolve(done));
  const [first, second] = [request(), request()];
  await Promise.all([handler(first), handler(second)]);
  slots.over(first);
  assert.deepEqual(told, ["busy"]);
  slots.over(second);
  assert.deepEqual(told, ["busy", "idle"]);
});

Deno.test("a handler that fails has been one", async () => {
  const { slots, used } = setUp(4);
  const asked = request();
  await assert.rejects(
    slots.counting(() => Promise.reject(new Error("a defect")))(asked),
    /defect/,
  );
  slots.over(asked);
  assert.equal(used(), 0);
});

Deno.test("one too many is refused without its body being read, in the words of its protocol", async () => {
  const { slots, told, used, refused } = setUp(0);
  const handler = slots.counting(() => assert.fail("not asked"));
  const reason = "the limit of 0 connections of 192.0.2.1/32 is reached";
  const grpc = await handler(request("application/grpc+proto"));
  assert.deepEqual([grpc.status, grpc.headers, grpc.body], [200, [
    ["content-type", "application/grpc"],
    ["grpc-status", "8"],
    ["grpc-message", encodeURIComponent(reason)],
  ], undefined]);
  const web = await handler(request("application/grpc-web-text"));
  assert.deepEqual(web.headers[0], ["content-type", "application/grpc-web-text"]);
  for (const type of ["application/json", "application/connect+json", ""]) {
    const asked = request(type);
    const { status, body = [] } = await handler(asked);
    slots.over(asked);
    const text = new TextDecoder().decode((await Array.fromAsync(body))[0]);
    const expected = type === ""
      ? `${reason}\n`
      : JSON.stringify({ code: "resource_exhausted", message: reason });
    assert.deepEqual([status, text], [429, expected]);
  }
  assert.deepEqual([told, used(), refused()], [[], 0, 5]);
});

Deno.test("the newest request of who has most is cancelled for who has fewer, and said", async () => {
  const shares = sharesOf({ total: 3, perPrefix: 3, reserved: 0 });
  const slotsOf = (address: string) => {
    const told: string[] = [];
    const slots = new RequestSlots(shares, prefixOf(address), {
      busy: () => void told.push("busy"),
      idle: () => void told.push("idle"),
    });
    return { slots, told };
  };
  const [greedy, other] = [slotsOf(peer), slotsOf("192.0.2.2")];
  const cancelled: string[] = [];
  const gates = [1, 2, 3].map((n) => {
    const gate = Promise.withResolvers<typeof done>();
    const asked: H2Request = {
      ...request(),
      cancel: (reason) => void cancelled.push(`${n}: ${reason}`),
    };
    void greedy.slots.counting(() => gate.promise)(asked);
    return { asked, gate };
  });
  const asked = request();
  assert.equal(await other.slots.counting(() => Promise.resolve(done))(asked), done);
  assert.deepEqual(cancelled, ["3: there are too many requests, and 192.0.2.2/32 has fewer"]);
  assert.deepEqual([shares.of(prefixOf(peer)), shares.budget.used, shares.budget.refused], [
    2,
    3,
    1,
  ]);
  other.slots.over(asked);
  for (const { asked, gate } of gates) {
    gate.resolve(done);
    greedy.slots.over(asked);
    await gate.promise;
  }
  await Promise.resolve();
  assert.deepEqual([shares.budget.used, greedy.told], [0, ["busy", "idle"]]);
});
