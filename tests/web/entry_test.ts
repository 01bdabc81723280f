import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { type Event, EventSchema } from "../../lib/gen/maglev_pb.ts";
import { entryOf, eventChange } from "../../lib/web/entry.ts";

/** An event as a maglevd tells it. */
function told(event: MessageInitShape<typeof EventSchema>["event"]): Event {
  const actor = { name: "ada", from: "192.0.2.7" };
  return create(EventSchema, { seq: 7n, atUnixNs: 1_500_000n, actor, ...event && { event } });
}

const transition = { from: "up", to: "down", atUnixNs: 1n, code: "L4TOUT", detail: "" };
const backend = { case: "backend", value: { backendName: "web0", transition } } as const;
const audit = (result: string) =>
  told({ case: "audit", value: { method: "PauseBackend", target: "backend web0", result } });

Deno.test("an entry tells what it is about, when, by whom, and what came of it", () => {
  const entry = entryOf(told(backend));
  assert.partialDeepStrictEqual(entry, {
    ...{ seq: 7, at: 1.5, kind: "backend", backend: "web0", frontend: "", actor: "ada" },
    ...{ to: "down" },
  });
  assert.equal(entryOf(told({ case: "heartbeat", value: {} })), undefined);
  const frontend = { frontendName: "www", transition: { ...transition, to: "up" } };
  assert.partialDeepStrictEqual(entryOf(told({ case: "frontend", value: frontend })), {
    ...{ backend: "", frontend: "www", to: "up" },
  });
  const to = (event: Event) => entryOf(event)?.to;
  assert.deepEqual(
    [
      to(told({ case: "vpp", value: { change: "lost" } })),
      to(told({ case: "probing", value: { change: "impaired" } })),
      to(told({ case: "reload", value: { result: "applied" } })),
      to(audit("OK")),
      to(audit("PermissionDenied")),
      to(told({ case: "pool", value: { frontendName: "www", from: "a", to: "b" } })),
    ],
    ["lost", "impaired", "applied", "", "rejected", ""],
  );
});

Deno.test("of an event's text so much is told, and that it was longer", () => {
  const of = (target: string) => {
    const value = { method: "Operate", target, result: "OK" };
    return entryOf(told({ case: "audit", value }))?.what ?? "";
  };
  const around = of("x").length - 1;
  const fits = "x".repeat(600 - around);
  const [short, long] = [of(fits), of(`${fits}y`)];
  assert.ok(short.includes(fits) && !short.includes("…"), short.slice(-20));
  assert.deepEqual([long.length, long.at(-1)], [601, "…"]);
});

Deno.test("browsers are told what changes what they know; of the rest only that it was", () => {
  for (const name of ["log", "opening", "heartbeat", "pulses"] as const) {
    assert.equal(eventChange(told({ case: name, value: {} })), undefined, name);
  }
  assert.equal(eventChange(told(undefined)), undefined);
  const change = eventChange(told(backend));
  assert.deepEqual([change?.kind, change?.about], ["event", "backend"]);
  assert.partialDeepStrictEqual(change?.event, {
    ...{ seq: 7, atUnixNs: 1_500_000, actor: { name: "ada" } },
    event: { case: "backend", value: { backendName: "web0" } },
  });
  assert.equal(change?.entry?.()?.backend, "web0");
  for (const name of ["frontend", "pool", "weight", "drain", "safety", "probing"] as const) {
    assert.equal(eventChange(told({ case: name, value: {} }))?.event.event.case, name);
  }
  for (const name of ["audit", "operator", "override", "reload", "vpp"] as const) {
    const rest = eventChange(told({ case: name, value: {} }));
    assert.deepEqual([rest?.about, rest?.event.event], [name, { case: undefined }]);
  }
});
