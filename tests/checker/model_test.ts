import fc from "fast-check";
import assert from "node:assert/strict";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import { steer } from "../support/steer.ts";
import { Model } from "./support/model.ts";
import { Bench, fail, pass } from "./support/bench.ts";
import { config, name } from "./support/random_configs.ts";

const action = fc.oneof(
  { weight: 10, arbitrary: fc.record({ answer: name, ok: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ turn: fc.integer({ min: 0, max: 6_000 }) }) },
  { weight: 1, arbitrary: fc.record({ jump: fc.integer({ min: 0, max: 100_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constantFrom(
        "pause" as const,
        "resume" as const,
        "enable" as const,
        "disable" as const,
        "drain" as const,
      ),
      name,
    }),
  },
  { weight: 2, arbitrary: fc.record({ weigh: name, to: fc.integer({ min: 0, max: 100 }) }) },
  { weight: 2, arbitrary: fc.record({ config }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function act(bench: Bench, model: Model, action: Action): Promise<void> {
  if ("answer" in action) {
    const address = bench.checker.backend(action.answer)?.config.address.text ?? "";
    const probe = bench.prober.flights.get(address);
    if (!probe) return;
    model.result(action.answer, action.ok);
    probe.answer(action.ok ? pass : fail);
  } else if ("turn" in action) {
    bench.clock.advance(action.turn);
  } else if ("jump" in action) {
    bench.clock.jump(action.jump);
  } else if ("verb" in action) {
    const isAllowed = model.operator(action.verb, action.name);
    const { verb, name: backend } = action;
    const act = () => bench.checker.operate([{ action: verb, backend }]);
    if (isAllowed) act();
    else assert.throws(act, /^OperatorError: cannot/);
  } else if ("weigh" in action) {
    for (const place of [...model.weights.keys()]) {
      const [frontend, pool, backend] = place.split("/");
      assert.ok(frontend && pool && backend);
      if (backend !== action.weigh) continue;
      model.weights.set(place, action.to);
      steer(bench.checker).setWeight(frontend, pool, backend, action.to, false);
    }
  } else {
    model.reload(action.config);
    await bench.reload(action.config);
  }
}

function compareBackends(bench: Bench, model: Model): void {
  const { checker } = bench;
  assert.deepEqual(checker.backendNames(), [...model.backends.keys()].sort());
  for (const [name, want] of model.backends) {
    const got = checker.backend(name) ?? assert.fail(name);
    const history = got.transitions.map(({ from, to }) => `${from}>${to}`);
    assert.deepEqual(
      [got.state, got.health, got.enabled, history],
      [want.state, want.counter, want.state !== "disabled", want.history],
      name,
    );
    const times = got.transitions.map(({ at }) => at);
    assert.deepEqual(times, times.toSorted((a, b) => b - a), "newest first");
  }
  const probed = [...model.backends.keys()].filter((name) => model.isProbed(name));
  const { running, scheduled } = checker.stats();
  assert.equal(running + scheduled, probed.length, "each probed backend waits or is on its way");
  assert.equal(bench.prober.flights.size, running);
  for (const address of bench.prober.flights.keys()) {
    const owner = probed.filter((n) => checker.backend(n)?.config.address.text === address);
    assert.equal(owner.length, 1, `${address} is probed for somebody`);
  }
}

function compareFrontends(bench: Bench, model: Model): void {
  for (const name of bench.checker.frontendNames()) {
    const got = bench.checker.frontend(name) ?? assert.fail(name);
    assert.equal(got.state, model.frontendState(name), name);
    const weights = got.weights.map(({ backend, weight, flush }) => [backend, weight, flush]);
    assert.deepEqual(weights, model.effective(name));
  }
}

/** What listeners can know of the frontends, put together from events alone. */
class Listener {
  readonly states = new Map<string, string>();
  readonly pools = new Map<string, string>();
  /** `frontend/backend` to configured and effective weight. */
  readonly weights = new Map<string, string>();

  constructor({ checker }: Bench) {
    for (const name of checker.frontendNames()) {
      const { state, activePool } = checker.frontend(name) ?? assert.fail(name);
      this.states.set(name, state);
      this.pools.set(name, activePool);
    }
    for (const [place, weights] of shownWeights(checker)) this.weights.set(place, weights);
  }

  hear(event: MaglevEvent): void {
    switch (event.kind) {
      case "frontend": {
        const { frontend, transition: { from, to } } = event;
        assert.equal(from, this.states.get(frontend) ?? "unknown");
        assert.notEqual(from, to);
        this.states.set(frontend, to);
        if (to === "removed") this.#forget(frontend);
        return;
      }
      case "pool":
        assert.notEqual(event.from, event.to);
        this.pools.set(event.frontend, event.to);
        return;
      case "weight": {
        const { frontend, backend, configured, effective, flush } = event;
        const place = `${frontend}/${backend}`;
        const before = `${configured.from} ${effective.from}`;
        const after = `${configured.to} ${effective.to}`;
        assert.equal(before, this.weights.get(place) ?? "absent absent", place);
        assert.ok(before !== after || flush);
        if (configured.to === "absent") this.weights.delete(place);
        else this.weights.set(place, after);
        return;
      }
    }
  }

  #forget(frontend: string): void {
    this.states.delete(frontend);
    this.pools.delete(frontend);
    for (const place of this.weights.keys()) {
      if (place.startsWith(`${frontend}/`)) this.weights.delete(place);
    }
  }
}

function shownWeights(checker: Bench["checker"]): Map<string, string> {
  const weights = new Map<string, string>();
  for (const name of checker.frontendNames()) {
    const { config, weights: effective } = checker.frontend(name) ?? assert.fail(name);
    const configured = config.pools.flatMap(({ backends }) => backends.map((b) => b.weight));
    for (const [i, { backend, weight }] of effective.entries()) {
      weights.set(`${name}/${backend}`, `${configured[i]} ${weight}`);
    }
  }
  return weights;
}

/** What events and log told must be what happened, and lead where the snapshots stand. */
function compareStories(bench: Bench, model: Model, listener: Listener): void {
  const moves = bench.events.flatMap((event) =>
    event.kind === "backend"
      ? `${event.backend} ${event.transition.from}>${event.transition.to}`
      : []
  );
  // A reload goes through removals, then changes; the model goes in the same order.
  assert.deepEqual(moves, model.told);
  const logged = bench.log.named("backend-transition");
  assert.deepEqual(logged.map(({ backend, from, to }) => `${backend} ${from}>${to}`), moves);
  assert.deepEqual(bench.events.map(({ seq }) => seq), bench.events.map((_, i) => i + 1));
  const { checker } = bench;
  assert.deepEqual(
    [...listener.weights].sort(),
    [...shownWeights(checker)].sort(),
    "weights by events are weights by reading",
  );
  for (const name of checker.frontendNames()) {
    const { state, activePool } = checker.frontend(name) ?? assert.fail(name);
    assert.equal(listener.states.get(name) ?? "unknown", state, name);
    if (listener.pools.has(name)) assert.equal(listener.pools.get(name), activePool, name);
  }
}

Deno.test("random results, requests, suspensions and reloads lead where a naive model says", async () => {
  await fc.assert(
    fc.asyncProperty(
      config,
      fc.array(action, { minLength: 1, maxLength: 80, size: "max" }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (config, actions, randoms) => {
        using bench = new Bench(config, { random: () => randoms.next().value });
        const model = new Model(config);
        const listener = new Listener(bench);
        bench.stream.subscribe((event) => listener.hear(event));
        for (const action of actions) {
          await act(bench, model, action);
          compareBackends(bench, model);
          compareFrontends(bench, model);
          compareStories(bench, model, listener);
        }
        assert.deepEqual(bench.log.named("event-listener-failed"), []);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});
