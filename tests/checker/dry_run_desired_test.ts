import assert from "node:assert/strict";
import type { DesiredSource, FrontendSnapshot } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, type ConfigSketch, fail, pass, sketch } from "./support/bench.ts";

const site: ConfigSketch = {
  backends: { a: {}, b: {}, c: {}, d: {} },
  frontends: { f: [{ a: 100, b: 100 }, { c: 50, d: 10 }], g: [{ a: 5, d: 6 }] },
};

/** What a test has of each frontend. */
function desired(source: DesiredSource) {
  return source.frontendNames().map((name) => {
    const { config, weights } = source.frontend(name) ?? {};
    const places = [...weights ?? []].sort((one, other) => one.backend < other.backend ? -1 : 1);
    return { name, pools: config?.pools, places };
  });
}

/** The same of what is in force. */
function present(bench: Bench) {
  const { checker } = bench;
  return desired({
    config: checker.config,
    frontendNames: () => checker.frontendNames(),
    frontend: (name): FrontendSnapshot | undefined => checker.frontend(name),
  });
}

/** A bench with something of everything: a up, b down, c paused, d up, weights of a set by hand. */
function mixed(): Bench {
  const bench = new Bench(sketch(site));
  for (const name of ["a", "b", "c", "d"]) bench.probe(name, pass);
  for (let i = 0; i < 3; i++) bench.probe("b", fail);
  steer(bench.checker).pause("c");
  steer(bench.checker).setWeight("f", "pool0", "a", 30, false);
  steer(bench.checker).setWeight("g", "pool0", "a", 7, false);
  return bench;
}

const edits: Readonly<Record<string, ConfigSketch>> = {
  "nothing": site,
  "a weight that was set by hand": {
    ...site,
    frontends: { f: [{ a: 90, b: 100 }, { c: 50, d: 10 }], g: [{ a: 5, d: 6 }] },
  },
  "another weight": {
    ...site,
    frontends: { f: [{ a: 100, b: 100 }, { c: 50, d: 10 }], g: [{ a: 5, d: 60 }] },
  },
  "a frontend less, and one more": {
    ...site,
    frontends: { f: [{ a: 100, b: 100 }, { c: 50, d: 10 }], h: [{ d: 1 }] },
  },
  "a backend that is disabled": { ...site, backends: { ...site.backends, a: { enabled: false } } },
};

/** Those that end something that was set by hand: the new frontend has the VIP of the one before. */
const ending = ["a weight that was set by hand", "a frontend less, and one more"];

for (const [what, edit] of Object.entries(edits)) {
  Deno.test(`what a reload will have VPP hold is foreseen: ${what}`, async () => {
    using bench = mixed();
    const before = present(bench);
    const foreseeing = bench.checker.foreseeReload(sketch(edit));
    const reload = await bench.while(foreseeing);
    const foreseen = desired(reload.desired);
    assert.deepEqual(present(bench), before, "nothing was changed");
    const told = bench.events.length;
    await bench.reload(sketch(edit));
    assert.deepEqual(foreseen, present(bench));
    const overrides = bench.events.slice(told).filter(({ kind }) => kind === "override");
    assert.partialDeepStrictEqual(overrides, reload.overrides);
    assert.equal(overrides.length, reload.overrides.length);
    assert.equal(reload.overrides.length > 0, ending.includes(what));
  });
}

Deno.test("that an operator's word ends as the file says the same is foreseen", async () => {
  using bench = mixed();
  steer(bench.checker).disable("d");
  const edit = { ...site, backends: { ...site.backends, d: { enabled: false } } };
  const { overrides } = await bench.while(bench.checker.foreseeReload(sketch(edit)));
  assert.deepEqual(overrides.map(({ backend, byHand }) => [backend, byHand]), [
    ["d", "disabled"],
  ]);
});
