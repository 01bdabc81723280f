import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import {
  accessByPlace,
  covers,
  debugEventsRole,
  roleOfMethod,
  roles,
} from "../../lib/access/mod.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { HealthService } from "../../lib/rpc/health.ts";
import { apiServices } from "../../lib/api/server.ts";
import { reflectionRpcs } from "../../lib/rpc/reflection.ts";
import { ApiBed } from "../api/support/api_bed.ts";
import { operatorAt } from "./support/callers.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { call, carries, messageOf, ways } from "./support/ways.ts";

const services = apiServices(true);
const methods = services.flatMap((service) => service.methods);

/** Everything that is served, for somebody. */
function apiFor(role: (typeof roles)[number] | "none"): ApiBed {
  const more = [...new HealthService([""]).rpcs(), ...reflectionRpcs(services)];
  return new ApiBed(new CheckerBed(), {}, more, () => ({ ...operatorAt(), role }));
}

Deno.test("each role may call what it may and nothing else, in each protocol and version", async () => {
  let calls = 0;
  for (const role of [...roles, "none"] as const) {
    using api = apiFor(role);
    for (const method of methods) {
      const needed = roleOfMethod(`${method.parent.typeName}/${method.name}`);
      for (const way of ways.filter((each) => carries(each, method))) {
        const sent = messageOf(way, method);
        const { code, text } = await call(api.handlers, way, method, sent, { most: 1 });
        const what = `${method.name} by ${role} over ${way.name}: ${code} ${text}`;
        const refusal = role === "none" ? Code.Unauthenticated : Code.PermissionDenied;
        assert.equal(code === refusal, !covers(role, needed), what);
        if (code === refusal) assert.match(text, /^this takes the role /, what);
        calls++;
      }
    }
  }
  assert.ok(calls > 500, String(calls));
});

Deno.test("whoever may only read changes nothing, in whatever protocol", async () => {
  using api = apiFor("view");
  const changes: [DescMethod, Record<string, unknown>][] = [
    [Maglev.method.disableBackend, { name: "web0" }],
    [Maglev.method.pauseBackend, { name: "web0" }],
    [Maglev.method.operate, { operations: [{ action: "disable", backends: ["web0"] }] }],
    [Maglev.method.setFrontendPoolBackendWeight, {
      ...{ frontend: "www", pool: "primary", backend: "web0", weight: 1 },
    }],
    [Maglev.method.disableBackend, { name: "web0", dryRun: true }],
  ];
  const before = api.bed.checker.backend("web0")?.state;
  for (const way of ways.filter(({ unary }) => unary)) {
    for (const [method, fields] of changes) {
      const { code } = await call(api.handlers, way, method, messageOf(way, method, fields));
      assert.equal(code, Code.PermissionDenied, `${method.name} over ${way.name}`);
    }
  }
  assert.equal(api.bed.checker.backend("web0")?.state, before);
  assert.deepEqual(api.bed.events.filter(({ kind }) => kind !== "audit"), []);
});

Deno.test("log records of level debug take more than events do", async () => {
  const method = Maglev.method.watchEvents;
  const asked: [fields: Record<string, unknown>, isDebug: boolean][] = [
    [{ logLevel: "debug" }, true],
    [{ logLevel: "DEBUG", log: true }, true],
    [{ logLevel: "debug", log: false }, false],
    [{ logLevel: "info" }, false],
  ];
  for (const role of roles) {
    using api = apiFor(role);
    for (const way of ways.filter(({ stream }) => stream)) {
      for (const [fields, isDebug] of asked) {
        const sent = messageOf(way, method, fields);
        const { code } = await call(api.handlers, way, method, sent, { most: 1 });
        const may = !isDebug || covers(role, debugEventsRole);
        assert.equal(code === Code.PermissionDenied, !may, `${role} ${JSON.stringify(fields)}`);
      }
    }
  }
});

Deno.test("who comes from elsewhere reads over a real port, and is told how to change", async () => {
  const access = accessByPlace({ open: false });
  await using harness = await serve({
    access: ({ peer }) => access({ peer, isLocal: false }),
  });
  const ask = (method: string) =>
    fetch(`http://${harness.address}/maglev.Maglev/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "web0" }),
    });
  const read = await ask("GetBackend");
  assert.partialDeepStrictEqual(await read.json(), { name: "web0" });
  const refused = await ask("DisableBackend");
  assert.equal(refused.status, 403);
  const { code, message } = await refused.json();
  assert.equal(code, "permission_denied");
  assert.match(
    message,
    /^this takes the role operate, and 127\.0\.0\.1 has view: .* --auth or --open$/,
  );
  assert.equal(harness.bed.checker.backend("web0")?.state, "unknown");
});

Deno.test("no GET changes anything", async () => {
  await using harness = await serve();
  const told = harness.bed.stream.lastSeq;
  const query = new URLSearchParams({
    encoding: "json",
    message: '{"name":"web0"}',
    connect: "v1",
  });
  for (const { name, idempotency, methodKind } of Maglev.methods) {
    if (idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) continue;
    if (methodKind !== "unary") continue;
    const got = await fetch(`http://${harness.address}/maglev.Maglev/${name}?${query}`);
    assert.equal(got.status, 405, name);
    await got.body?.cancel();
  }
  assert.equal(harness.bed.stream.lastSeq, told);
});
