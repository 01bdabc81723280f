import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { type Event, EventSchema } from "../../lib/gen/maglev_pb.ts";
import { Touched } from "../../lib/web/touched.ts";

function touchedBy(event: Event["event"]): Touched {
  const touched = new Touched((backend) => backend === "web0" ? ["www", "mail"] : []);
  touched.add(create(EventSchema, { event }));
  return touched;
}

/** An event with these names. */
function about(kind: string, backendName: string, frontendName: string): Event["event"] {
  return { case: kind, value: { backendName, frontendName } } as Event["event"];
}

Deno.test("what an event concerns is to be read again, and nothing else", () => {
  const cases = [
    ["backend", "web0", "", ["web0"], ["www", "mail"]],
    ["backend", "web1", "", ["web1"], []],
    ["drain", "web0", "", ["web0"], ["www", "mail"]],
    ["frontend", "", "www", [], ["www"]],
    ["pool", "", "www", [], ["www"]],
    ["weight", "web0", "www", [], ["www"]],
    ["safety", "", "www", [], ["www"]],
    ["safety", "web0", "", ["web0"], []],
    ["override", "web0", "www", ["web0"], ["www"]],
    ["operator", "web0", "www", ["web0"], ["www"]],
    ["operator", "web0", "", ["web0"], []],
    ["operator", "", "www", [], ["www"]],
    ["audit", "", "", [], []],
  ] as const;
  for (const [kind, backend, frontend, backends, frontends] of cases) {
    const touched = touchedBy(about(kind, backend, frontend));
    assert.deepEqual([touched.backends, touched.frontends], [backends, frontends], kind);
    const since = ["www", "mail"].filter((name) => touched.isSince("frontend", name));
    assert.deepEqual(since, frontends, kind);
    assert.equal(
      touched.isSince("backend", "web0"),
      (backends as readonly string[]).includes("web0"),
    );
    const isEmpty = backends.length + frontends.length === 0;
    assert.deepEqual([touched.isAll, touched.isEmpty, touched.takeVpp()], [false, isEmpty, false]);
  }
});

Deno.test("a reload, a reset of everything and many backends have everything read again", () => {
  const reload = touchedBy(about("reload", "", ""));
  assert.deepEqual([reload.isAll, reload.takeVpp(), reload.takeVpp()], [true, true, false]);
  reload.clear();
  assert.deepEqual([reload.isAll, reload.isEmpty], [false, true]);
  assert.deepEqual([touchedBy(about("operator", "", "")).isAll], [true]);
  const vpp = touchedBy(about("vpp", "", ""));
  assert.deepEqual([vpp.isAll, vpp.isEmpty, vpp.takeVpp()], [false, true, true]);
  const many = touchedBy(about("backend", "web1", ""));
  for (let i = 0; i < 49; i++) {
    many.add(create(EventSchema, { event: about("weight", "", `f${i}`) }));
  }
  assert.equal(many.isAll, false);
  many.add(create(EventSchema, { event: about("weight", "", "f49") }));
  assert.equal(many.isAll, true);
  many.clear();
  assert.deepEqual([many.isEmpty, many.isSince("frontend", "f49")], [true, true]);
  many.begin();
  assert.equal(many.isSince("frontend", "f49"), false);
});

Deno.test("since when a backend is in its state, as far as events have told", () => {
  const transition = { atUnixNs: 5n, to: "up" };
  const value = { backendName: "web0", transition } as never;
  const touched = touchedBy({ case: "backend", value });
  assert.deepEqual([touched.toldAt("web0"), touched.toldAt("web1")], [5, 0]);
  assert.equal(touchedBy(about("backend", "web0", "")).toldAt("web0"), 0);
});
