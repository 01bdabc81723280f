import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import {
  BackendInfoSchema,
  ListEventsResponseSchema,
  VPPInfoSchema,
  VPPLBStateSchema,
} from "../../lib/gen/maglev_pb.ts";
import type { Maglevd } from "../../lib/web/maglevd.ts";
import { queries } from "../../lib/web/queries.ts";

const transition = { from: "up", to: "down", atUnixNs: 1n };
const event = { case: "backend", value: { backendName: "web0", transition } } as const;
const heartbeat = { case: "heartbeat", value: {} } as const;
const events = create(ListEventsResponseSchema, {
  events: [{ seq: 3n, event }, { seq: 2n, event: heartbeat }],
  nextPageToken: 9_007_199_254_740_993n,
});

/** A maglevd that notes what its journal is asked for; `older` knows no journal, and no plans. */
function fake(older?: ConnectError) {
  const asked: object[] = [];
  const answer = <T>(value: T) => older ? Promise.reject(older) : Promise.resolve(value);
  const client = {
    getBackend: ({ name }: { name: string }) =>
      Promise.resolve(create(BackendInfoSchema, { name, state: "down" })),
    listEvents(request: object) {
      asked.push(request);
      return answer(events);
    },
    getVPPInfo: () => Promise.resolve(create(VPPInfoSchema, { version: "25.10" })),
    getVPPLBState: () => Promise.resolve(create(VPPLBStateSchema, {})),
    planVPPLBState: () => answer({ changes: [] }),
  };
  const points = (kind: string, name: string) => [kind, name];
  const maglevd = { client, traffic: { points }, probes: { points: (name: string) => [name] } };
  const ask = async (name: string, params: Record<string, string> = {}) => {
    const answered = queries.get(name)?.ask(
      maglevd as unknown as Maglevd,
      new URLSearchParams(params),
    );
    return await answered as Record<string, unknown>;
  };
  return { asked, ask };
}

const unimplemented = new ConnectError("what?", Code.Unimplemented);

Deno.test("a question for the journal is asked as it was put, a page at a time", async () => {
  const { asked, ask } = fake();
  const { entries, next } = await ask("journal", {
    ...{ backend: "web0", frontend: "www", actor: "ada", kinds: "backend,,pool" },
    ...{ from: "1500.5", before: "2500", page: "1234567890123456789" },
  });
  assert.deepEqual((entries as { seq: number }[]).map(({ seq }) => seq), [3]);
  // A number would not hold it.
  assert.equal(next, "9007199254740993");
  assert.deepEqual(asked.pop(), {
    ...{ backend: "web0", frontend: "www", actor: "ada", kinds: ["backend", "pool"] },
    ...{ notBeforeUnixNs: 1_500_500_000n, beforeUnixNs: 2_500_000_000n },
    ...{ limit: 200, pageToken: 1_234_567_890_123_456_789n },
  });
  const nothing = {
    ...{ backend: "", frontend: "", actor: "", kinds: [] },
    ...{ notBeforeUnixNs: 0n, beforeUnixNs: 0n, limit: 200, pageToken: 0n },
  };
  await ask("journal");
  assert.deepEqual(asked.pop(), nothing);
  // What is no number asks for nothing in particular.
  for (const page of ["x", "-1", "1e3", "12345678901234567890"]) {
    await ask("journal", { from: "x", before: "y", page });
    assert.deepEqual(asked.pop(), nothing, page);
  }
  await assert.rejects(fake(unimplemented).ask("journal"), /what\?/);
});

Deno.test("of a backend its probes and traffic are told, and its past unless maglevd is too old", async () => {
  const { asked, ask } = fake();
  const { backend, timeline, traffic, probes } = await ask("backend", { name: "web0" });
  assert.deepEqual([(backend as { name: string }).name, traffic, probes], [
    ...["web0", ["backend", "web0"], ["web0"]],
  ]);
  assert.deepEqual((timeline as { seq: number }[]).map(({ seq }) => seq), [3]);
  assert.deepEqual(asked, [{ backend: "web0", kinds: ["backend"], limit: 100 }]);
  const older = await fake(unimplemented).ask("backend", { name: "web0" });
  assert.deepEqual([older["timeline"], older["probes"]], [undefined, ["web0"]]);
  const away = new ConnectError("away", Code.Unavailable);
  await assert.rejects(fake(away).ask("backend", { name: "web0" }), /away/);
});

Deno.test("what VPP holds is told with what a sync would change, where that is known", async () => {
  const { info, plan } = await fake().ask("vpp");
  assert.deepEqual([(info as { version: string }).version, plan], ["25.10", { changes: [] }]);
  assert.equal((await fake(unimplemented).ask("vpp"))["plan"], undefined);
  await assert.rejects(fake(new ConnectError("no", Code.Internal)).ask("vpp"), /no/);
  assert.deepEqual(await fake().ask("traffic", { frontend: "www" }), {
    points: ["frontend", "www"],
  });
});
