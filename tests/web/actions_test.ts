import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { covers } from "../../lib/access/mod.ts";
import {
  CheckConfigResponseSchema,
  OperateResponseSchema,
  PlanVPPLBStateResponseSchema,
  ReloadConfigResponseSchema,
  SyncVPPLBStateResponseSchema,
} from "../../lib/gen/maglev_pb.ts";
import type { H2Field } from "../../lib/h2/mod.ts";
import { actionRoutes } from "../../lib/web/actions.ts";
import type { Maglevd } from "../../lib/web/maglevd.ts";
import type { Visitor } from "../../lib/web/visitors.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";

/** A maglevd that notes what it is asked for, or refuses all of it. */
function setUp(error?: Error) {
  const asked: (readonly [name: string, request: unknown, options: unknown])[] = [];
  const call = (name: string, value: unknown) => (request: unknown, options: unknown) => {
    asked.push([name, request, options]);
    return error ? Promise.reject(error) : Promise.resolve(value);
  };
  const client = {
    operate: call("operate", create(OperateResponseSchema)),
    planVPPLBState: call("plan", create(PlanVPPLBStateResponseSchema)),
    syncVPPLBState: call("sync", create(SyncVPPLBStateResponseSchema)),
    checkConfig: call("check", create(CheckConfigResponseSchema)),
    reloadConfig: call("reload", create(ReloadConfigResponseSchema)),
  };
  const describe = (error: Error) => `it says: ${error.message}`;
  const log = new FakeLog();
  const counted: string[] = [];
  const route = actionRoutes({
    maglevds: new Map([["rtr1", { client, describe } as unknown as Maglevd]]),
    log,
    metrics: { acted: (action, result) => void counted.push(`${action} ${result}`) },
  });
  const act = async (
    action: string,
    body: string | Uint8Array,
    role: Visitor["role"] = "admin",
    server = "rtr1",
  ) => {
    const visitor: Visitor = {
      ...{ name: "Zoë", role, peer: "192.0.2.7", isKnown: true, now: () => visitor },
    };
    const headers: H2Field[] = [["content-type", "application/json"], ["origin", "http://page"]];
    const octets = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const path = `/admin/api/${action}?server=${server}`;
    const request = memoryRequest({ path, headers, body: [octets] });
    const url = new URL(`http://page${path}`);
    const answer = await route({ ...request, authority: "page" }, url, visitor);
    const [text = new Uint8Array()] = await Array.fromAsync(answer.body ?? []);
    return [answer.status, new TextDecoder().decode(text)] as const;
  };
  return { act, asked, log, counted };
}

Deno.test("each action asks maglevd for what it says, or for what would come of it", async () => {
  const { act, asked, counted, log } = setUp();
  for (
    const [action, body] of [
      ["operate", { operations: [{ action: "drain", backends: ["web0"] }] }],
      ["operate", { operations: [], dryRun: true }],
      ["sync", {}],
      ["sync", { frontend: "www" }],
      ["sync", { frontend: "www", dryRun: true }],
      ["sync", { frontend: 5, dryRun: "yes" }],
      ["reload", {}],
      ["reload", { force: true }],
      ["reload", { force: true, dryRun: true }],
    ] as const
  ) {
    const [status, text] = await act(action, JSON.stringify(body));
    assert.deepEqual([status, typeof JSON.parse(text)], [200, "object"], JSON.stringify(body));
  }
  assert.partialDeepStrictEqual(asked.map(([name, request]) => [name, request]), [
    ["operate", { operations: [{ action: "drain", backends: ["web0"] }], dryRun: false }],
    ["operate", { dryRun: true }],
    ["sync", {}],
    ["sync", { frontendName: "www" }],
    ["plan", { frontendName: "www" }],
    ["sync", {}],
    ["reload", { force: false }],
    ["reload", { force: true }],
    ["check", { diff: true }],
  ]);
  assert.deepEqual([asked[2]?.[1], asked[5]?.[1]], [{}, {}]);
  for (const [, , options] of asked) {
    assert.partialDeepStrictEqual(options, { timeoutMs: 60_000 });
    assert.deepEqual(Object.values((options as { headers: object }).headers), ["Zo%C3%AB"]);
  }
  // What is only foreseen is not counted, nor told.
  assert.deepEqual(counted, [
    ...["operate done", "sync done", "sync done", "sync done", "reload done", "reload done"],
  ]);
  assert.equal(log.named("action").length, 6);
  assert.partialDeepStrictEqual(log.named("action")[1], {
    ...{ user: "Zoë", peer: "192.0.2.7", server: "rtr1", action: "sync", request: "{}" },
  });
});

Deno.test("what maglevd refuses is told to who asked; logged and counted unless it was foreseen", async () => {
  const { act, counted, log } = setUp(new Error("no such backend"));
  for (const dryRun of [true, false]) {
    const [status, text] = await act("sync", JSON.stringify({ dryRun }));
    assert.deepEqual([status, JSON.parse(text)], [409, { error: "it says: no such backend" }]);
    assert.equal(log.named("action-refused").length, dryRun ? 0 : 1);
  }
  assert.deepEqual(counted, ["sync failed"]);
  assert.equal(log.named("action-refused")[0]?.["err"], "it says: no such backend");
});

Deno.test("a request has a length at most, however it comes, and is one object of JSON", async () => {
  const { act, asked } = setUp();
  const mostOctets = 256 * 1024;
  const of = (length: number) => `{"frontend":"${"x".repeat(length - 15)}"}`;
  assert.equal(of(100).length, 100);
  assert.equal((await act("sync", of(mostOctets)))[0], 200);
  assert.equal((await act("sync", of(mostOctets + 1)))[0], 400);
  for (const text of ["", "null", "5", "[]", "{", '"x"']) {
    assert.equal((await act("sync", text))[0], 400, text);
  }
  assert.equal(asked.length, 1);
});

Deno.test("what is no action, or is meant for a maglevd that is not shown here, is not found", async () => {
  const { act, asked } = setUp();
  const statusOf = async (action: string, server: string) =>
    (await act(action, "{}", "admin", server))[0];
  for (const server of ["", "rtr2", "constructor"]) {
    assert.equal(await statusOf("sync", server), 404, server);
  }
  assert.equal(await statusOf("nothing", "rtr1"), 404);
  assert.deepEqual(asked, []);
});

Deno.test("long requests are logged in part", async () => {
  const { act, log } = setUp();
  await act("sync", JSON.stringify({ frontend: "x".repeat(2_000) }));
  assert.equal(String(log.named("action")[0]?.["request"]).length, 500);
  await act("sync", "{}", "view", "x".repeat(2_000));
  assert.equal(log.named("action-refused")[0]?.["server"], "x".repeat(100));
});

Deno.test("foreseeing takes a role as well, of each action the one of its call", async () => {
  const needed = { "operate": "operate", "sync": "operate", "reload": "admin" } as const;
  for (const role of ["none", "view", "operate", "admin"] as const) {
    for (const [action, least] of Object.entries(needed)) {
      const { act, asked, counted, log } = setUp();
      const [status, text] = await act(action, "{}", role);
      const may = covers(role, least);
      assert.equal(status, may ? 200 : 403, `${role} ${action}`);
      assert.equal(asked.length, may ? 1 : 0);
      if (may) continue;
      assert.match(JSON.parse(text).error, /./);
      assert.deepEqual(counted, [`${action} denied`]);
      assert.partialDeepStrictEqual(log.named("action-refused"), [{ user: "Zoë", role }]);
    }
    const { act } = setUp();
    const may = covers(role, "operate");
    assert.equal((await act("reload", '{"dryRun":true}', role))[0], may ? 200 : 403, role);
  }
});
