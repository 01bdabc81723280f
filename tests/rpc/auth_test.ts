import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { type Access, accessByRules, type AuthRules } from "../../lib/access/mod.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { serve } from "../api/support/harness.ts";
import { newToken } from "../support/tokens.ts";

const [ops, viewer, stranger] = [newToken(), newToken(), newToken()];

const rules = rulesOf(`auth:
  tokens:
    - { name: ops, role: operate, sha256: ${ops.sha256} }
    - { name: viewer, role: view, sha256: ${viewer.sha256} }
`);

function header(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function ask(address: string, method: string, headers: Record<string, string>) {
  const response = await fetch(`http://${address}/maglev.Maglev/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: method.endsWith("Backend") ? '{"name":"web0"}' : "{}",
  });
  return { status: response.status, body: await response.text() };
}

Deno.test("tokens give what the file says, with their names, and nothing else counts", async () => {
  await using harness = await serve({ access: accessByRules(() => rules) });
  const statusOf = async (method: string, headers: Record<string, string> = {}) =>
    (await ask(harness.address, method, headers)).status;
  assert.deepEqual(
    [
      await statusOf("GetBackend"),
      await statusOf("GetBackend", header(stranger.token)),
      await statusOf("GetBackend", header(viewer.token)),
      await statusOf("DisableBackend", header(viewer.token)),
      await statusOf("DisableBackend", header(ops.token)),
      await statusOf("ReloadConfig", header(ops.token)),
    ],
    [401, 401, 200, 403, 200, 403],
  );
  const changed = harness.bed.events.find(({ kind }) => kind === "operator");
  assert.deepEqual(changed?.actor, { name: "ops", from: "127.0.0.1" });
  const audits = harness.bed.events.flatMap((event) =>
    event.kind === "audit"
      ? [`${event.actor?.name} ${event.role} ${event.method} ${event.result}`]
      : []
  );
  assert.deepEqual(audits, [
    "anonymous none GetBackend Unauthenticated",
    "anonymous none GetBackend Unauthenticated",
    "viewer view DisableBackend PermissionDenied",
    "ops operate DisableBackend OK",
    "ops operate ReloadConfig PermissionDenied",
  ]);
  const said = JSON.stringify([harness.bed.events, harness.log.records]);
  for (const { token, sha256 } of [ops, viewer, stranger]) {
    assert.ok(!said.includes(token) && !said.includes(sha256));
  }
});

Deno.test("who is refused is told how to be known, and not what it has shown", async () => {
  await using harness = await serve({ access: accessByRules(() => rules) });
  const none = await ask(harness.address, "GetBackend", {});
  assert.match(
    none.body,
    /127\.0\.0\.1 is not known: it has to show a token or a certificate, or to call by a Unix/,
  );
  const wrong = await ask(harness.address, "GetBackend", header(stranger.token));
  assert.match(wrong.body, /the token that it shows is not one that maglevd knows/);
  assert.ok(!wrong.body.includes(stranger.token));
});

Deno.test("the status tells whoever asks what it may do, and why no more", async () => {
  await using harness = await serve({ access: accessByRules(() => rules) });
  for (const [{ token }, role] of [[viewer, "view"], [ops, "operate"]] as const) {
    const { body } = await ask(harness.address, "GetStatus", header(token));
    assert.partialDeepStrictEqual(JSON.parse(body), {
      ...{ role, roleReason: "the file of --auth says so" },
    });
  }
  await using open = await serve();
  const { body } = await ask(open.address, "GetStatus", {});
  const { role, roleReason } = JSON.parse(body);
  assert.deepEqual([role, roleReason], ["admin", undefined]);
});

/** A stream of events for a token, after its first message. */
async function watching(address: string, token: string, request: { logLevel?: string } = {}) {
  const transport = createConnectTransport({ baseUrl: `http://${address}` });
  const client = createClient(Maglev, transport);
  const abort = new AbortController();
  const stream = client.watchEvents(request, { headers: header(token), signal: abort.signal })[
    Symbol.asyncIterator
  ]();
  await stream.next();
  const end = async () => {
    while (!(await stream.next()).done);
  };
  const endsWith = (code: Code) =>
    assert.rejects(end, (error) => error instanceof ConnectError && error.code === code);
  return {
    next: () => stream.next(),
    endsWith,
    leave: async () => {
      abort.abort();
      await endsWith(Code.Canceled);
    },
  };
}

Deno.test("a stream ends when its token is no more, and others go on", async () => {
  let now: AuthRules = rules;
  await using harness = await serve({ access: accessByRules(() => now) });
  const revoked = await watching(harness.address, viewer.token);
  const kept = await watching(harness.address, ops.token);
  harness.server.reviewStreams();
  now = { ...rules, tokens: rules.tokens.filter(({ name }) => name === "ops") };
  harness.server.reviewStreams();
  await revoked.endsWith(Code.Unauthenticated);
  harness.bed.checker.operate([{ action: "disable", backend: "web0" }], { name: "me", from: "" });
  assert.equal((await kept.next()).done, false);
  await kept.leave();
});

Deno.test("a role that no longer covers debug records ends a stream of them alone", async () => {
  let now: AuthRules = rules;
  await using harness = await serve({ access: accessByRules(() => now) });
  const debug = await watching(harness.address, ops.token, { logLevel: "debug" });
  const info = await watching(harness.address, ops.token, { logLevel: "info" });
  now = { ...rules, tokens: rules.tokens.map((token) => ({ ...token, role: "view" })) };
  harness.server.reviewStreams();
  await debug.endsWith(Code.PermissionDenied);
  harness.bed.checker.operate([{ action: "disable", backend: "web0" }], { name: "me", from: "" });
  assert.equal((await info.next()).done, false);
  await info.leave();
});

/** What comes of a request by `ops` of which the rest arrives when other rules are in force. */
async function askedMeanwhile(after: AuthRules) {
  let inForce: AuthRules = rules;
  const decide = accessByRules(() => inForce);
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  const access: Access = (caller) => {
    asked();
    return decide(caller);
  };
  await using harness = await serve({ access });
  const { promise: rest, resolve: send } = Promise.withResolvers<Uint8Array>();
  const answer = fetch(`http://${harness.address}/maglev.Maglev/DisableBackend`, {
    method: "POST",
    headers: { "content-type": "application/json", ...header(ops.token) },
    body: new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"name":')),
      async pull(controller) {
        controller.enqueue(await rest);
        controller.close();
      },
    }),
  });
  await isAsked;
  inForce = after;
  send(new TextEncoder().encode('"web0"}'));
  const { status, body } = await answer;
  await body?.cancel();
  const { enabled } = harness.bed.checker.backend("web0") ?? assert.fail();
  const told = harness.bed.events.flatMap((event) => {
    if (event.kind === "audit") return [`${event.kind} ${event.actor?.name} ${event.role}`];
    return event.kind === "operator" ? [`${event.kind} ${event.actor?.name}`] : [];
  });
  return { status, enabled, told };
}

Deno.test("a token that is taken away while its request is on the way counts for nothing", async () => {
  const tokens = rules.tokens.filter(({ name }) => name !== "ops");
  assert.deepEqual(await askedMeanwhile({ ...rules, tokens }), {
    ...{ status: 401, enabled: true, told: ["audit anonymous none"] },
  });
});

Deno.test("who has another name and role when the request is complete is told of by these", async () => {
  const tokens = rules.tokens.map((token) =>
    token.name === "ops" ? { ...token, name: "anna", role: "admin" as const } : token
  );
  assert.deepEqual(await askedMeanwhile({ ...rules, tokens }), {
    ...{ status: 200, enabled: false, told: ["operator anna", "audit anna admin"] },
  });
});
