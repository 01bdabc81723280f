import assert from "node:assert/strict";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import type { Memory } from "../../lib/api/steering.ts";
import { settle, until } from "../support/until.ts";
import { serve } from "./support/harness.ts";

/** A memory that answers when it is told to. */
class SlowMemory implements Memory {
  readonly asked: string[] = [];
  answer: (reason: string | undefined) => void = () => {};

  kept({ backends, frontends }: Parameters<Memory["kept"]>[0]): Promise<string | undefined> {
    this.asked.push([...backends, "in", ...frontends].join(" "));
    return new Promise((resolve) => this.answer = resolve);
  }
}

async function site() {
  const memory = new SlowMemory();
  const harness = await serve({ memory });
  const { bed: { events, checker } } = harness;
  const client = createClient(
    Maglev,
    createConnectTransport({ baseUrl: `http://${harness.address}` }),
  );
  return {
    ...{ memory, client, events, checker },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

Deno.test("a change is done and told of at once, and answered when it is kept", async () => {
  await using at = await site();
  let isAnswered = false;
  const answer = at.client.pauseBackend({ name: "web0" }).then((info) => {
    isAnswered = true;
    return info;
  });
  await until(() => at.memory.asked.length === 1);
  await settle();
  assert.equal(isAnswered, false);
  assert.equal(at.checker.backend("web0")?.state, "paused");
  assert.equal(at.events.at(-1)?.kind, "audit", "what is told waits for nobody");
  at.memory.answer(undefined);
  assert.equal((await answer).outcome?.notKept, "");
});

Deno.test("every change waits for what it is about, and says why it is not kept", async () => {
  await using at = await site();
  const { client, memory } = at;
  const place = { frontend: "www", pool: "primary", backend: "web0" };
  const calls = [
    ["pauseBackend", { name: "web0" }, "web0 in"],
    ["resumeBackend", { name: "web0" }, "web0 in"],
    ["disableBackend", { name: "web0" }, "web0 in"],
    ["enableBackend", { name: "web0" }, "web0 in"],
    ["drainBackend", { name: "web0" }, "web0 in"],
    ["setFrontendPoolBackendWeight", { ...place, weight: 7 }, "in www"],
    ["operate", {
      operations: [
        { action: "weight", frontend: "www", pool: "primary", backends: ["web0"], weight: 8 },
        { action: "pause", backends: ["web1", "web2"] },
      ],
    }, "web0 web1 web2 in www"],
  ] as const;
  for (const [method, request, about] of calls) {
    const before = memory.asked.length;
    const call: (request: object) => Promise<{ outcome?: { notKept: string } | undefined }> =
      client[method];
    const answer = call(request);
    await until(() => memory.asked.length > before, method);
    assert.equal(memory.asked.at(-1), about);
    memory.answer("the disk is full");
    assert.equal((await answer).outcome?.notKept, "the disk is full", method);
  }
});

Deno.test("what changes nothing, or is refused, waits for no disk", async () => {
  await using at = await site();
  await at.client.pauseBackend({ name: "web0", dryRun: true });
  await assert.rejects(at.client.pauseBackend({ name: "nobody" }));
  assert.deepEqual(at.memory.asked, []);
});
