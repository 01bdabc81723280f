import { deepEqual, equal, partialDeepStrictEqual } from "node:assert/strict";
import { type DesiredSource, type ReloadOutcome, ReloadRefused } from "../../lib/checker/mod.ts";
import type { Config, ConfigOutcome } from "../../lib/config/mod.ts";
import { ConfigFile, type ConfigFileOptions } from "../../lib/daemon/config_file.ts";
import { forecastAttributes, forecastVpp } from "../../lib/daemon/vpp_forecast.ts";
import { EventStream, logEvents } from "../../lib/events/mod.ts";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const config = {
  frontends: new Map([["www", {}]]),
  backends: new Map(),
  healthchecks: new Map(),
} as unknown as Config;

const valid: ConfigOutcome = { kind: "valid", file: "m.yaml", config, warnings: [] };

const warned = {
  ...valid,
  warnings: [
    { file: "m.yaml", line: 4, column: 5, path: "maglev.c", message: "idle" },
    { file: "m.yaml", line: 7, column: 2, path: "maglev.d", message: "void" },
  ],
} satisfies ConfigOutcome;

const warnedOnce: ConfigOutcome = { ...warned, warnings: warned.warnings.slice(0, 1) };

const invalid: ConfigOutcome = {
  kind: "invalid",
  file: "m.yaml",
  stage: "semantic",
  problems: [
    { stage: "semantic", file: "m.yaml", line: 3, column: 5, path: "maglev.a", message: "one" },
    { stage: "semantic", file: "m.yaml", line: 9, column: 1, path: "maglev.b", message: "two" },
  ],
};

/** Who asks for reloads here. */
const actor = { name: "operator", from: "192.0.2.7" };

/** What a test takes for what putting `config` into force would come to. */
function outcomeOf({ frontends }: Config): ReloadOutcome {
  const change = { kind: "frontend", change: "added", details: [] } as const;
  const changes = Array.from(frontends.keys(), (name) => ({ ...change, name }));
  return { backends: [], frontends: [], overrides: [], changes };
}

function desiredOf(config: Config): DesiredSource {
  return { config, frontendNames: () => [], frontend: () => undefined };
}

function fixture(
  load: () => Promise<ConfigOutcome>,
  apply?: ConfigFileOptions["apply"],
  foreseeVpp?: ConfigFileOptions["foreseeVpp"],
) {
  const log = new RecordedLog();
  const events = new EventStream(new FakeClock(), log);
  const told: MaglevEvent[] = [];
  events.subscribe((event) => told.push(event));
  logEvents(events, log);
  const applied: Config[] = [];
  const results: (string | undefined)[] = [];
  const disk = { text: "1", unreadable: "", now: 1_000 };
  const file = new ConfigFile({
    path: "m.yaml",
    load,
    apply: apply ?? ((next) => {
      applied.push(next);
      return Promise.resolve(outcomeOf(next));
    }),
    stamp: () => Promise.resolve({ ...disk }),
    now: () => disk.now,
    foresee: (next) => Promise.resolve({ ...outcomeOf(next), desired: desiredOf(next) }),
    ...(foreseeVpp && { foreseeVpp }),
    reloading: () => {},
    reloaded: (refusal) => void results.push(refusal),
    log,
    events,
  });
  return { file, log, applied, results, told, disk };
}

Deno.test("a valid file is applied, and the log says when and what", async () => {
  const { file, log, applied, results } = fixture(() => Promise.resolve(valid));
  deepEqual(await file.reload(actor), { kind: "ok", reload: outcomeOf(config) });
  deepEqual(applied, [config]);
  deepEqual(results, [undefined]);
  deepEqual(log.lines, [
    "info config-reload-start",
    "info config-reload-done frontends=1 backends=0 healthchecks=0",
  ]);
});

Deno.test("what a reload would come to is told, and nothing is done", async () => {
  const { file, applied, results, told } = fixture(() => Promise.resolve(valid));
  deepEqual(await file.foresee(), { kind: "ok", reload: outcomeOf(config) });
  deepEqual([applied, results, told], [[], [], []]);
  const faulty = fixture(() => Promise.resolve(invalid));
  deepEqual((await faulty.file.foresee()).kind, "semantic-error");
  deepEqual([faulty.results, faulty.told], [[], []], "nobody asked for a reload");
});

Deno.test("a faulty file changes nothing; every problem is named with its place", async () => {
  const { file, log, applied, results } = fixture(() => Promise.resolve(invalid));
  const message = "m.yaml:3:5: maglev.a: one\nm.yaml:9:1: maglev.b: two";
  deepEqual(await file.reload(actor), { kind: "semantic-error", message });
  deepEqual(applied, []);
  deepEqual(results, [message]);
  deepEqual(log.lines, [
    "info config-reload-start",
    `error config-check-failed type=semantic err=${message} cause=config actor=operator actor-from=192.0.2.7`,
  ]);
});

Deno.test("a file that is not put into force is an event, with who asked for it", async () => {
  const { file, told } = fixture(() => Promise.resolve(invalid));
  await file.reload(actor);
  const failing = fixture(() => Promise.resolve(valid), () => Promise.reject(new Error("no room")));
  await failing.file.reload({ name: "signal", from: "SIGHUP" });
  const cause = { kind: "config" };
  partialDeepStrictEqual(told, [{
    kind: "reload",
    result: "rejected",
    stage: "semantic",
    reason: "m.yaml:3:5: maglev.a: one\nm.yaml:9:1: maglev.b: two",
    cause,
    actor,
  }]);
  partialDeepStrictEqual(failing.told, [{
    kind: "reload",
    result: "rejected",
    stage: "apply",
    reason: "no room",
    cause,
    actor: { name: "signal", from: "SIGHUP" },
  }]);
});

Deno.test("a reload that takes too much out is refused loudly, with what it would come to", async () => {
  const { file, log, told, results } = fixture(
    () => Promise.resolve(valid),
    (next, { isForced }) =>
      isForced
        ? Promise.resolve(outcomeOf(next))
        : Promise.reject(new ReloadRefused("too much", outcomeOf(next))),
  );
  const message = "the reload is refused: too much";
  const reload = outcomeOf(config);
  deepEqual(await file.reload(actor), { kind: "refused", message, reload });
  equal((await file.status()).rejected, message);
  const { changes } = reload;
  partialDeepStrictEqual(told, [
    { kind: "reload", result: "rejected", stage: "safety", changes, actor },
  ]);
  equal(
    log.lines.at(-1),
    `error config-reload-refused err=${message} changes=1 diff=frontend www added cause=config ` +
      "actor=operator actor-from=192.0.2.7",
  );
  deepEqual(await file.reload(actor, true), { kind: "ok", reload });
  equal((await file.reload(actor)).kind, "refused", "one who insists does so once");
  deepEqual(results, [message, undefined, message]);
});

Deno.test("a reload that several wait for is the first one's", async () => {
  const loads = new Loads();
  const actors: (string | undefined)[] = [];
  const { file } = fixture(loads.load, (next, { actor }) => {
    actors.push(actor?.from);
    return Promise.resolve(outcomeOf(next));
  });
  const from = (name: string) => file.reload({ name: "operator", from: name });
  const all = [from("one")];
  await loads.until(1);
  all.push(from("two"), from("three"));
  await loads.release();
  await all[0];
  await loads.release();
  await Promise.all(all);
  deepEqual(actors, ["one", "two"]);
});

Deno.test("a reload that several wait for is that of the one who insists first", async () => {
  const loads = new Loads();
  const asked: unknown[] = [];
  const { file } = fixture(loads.load, (next, { actor, isForced }) => {
    asked.push([actor?.from, isForced]);
    return Promise.resolve(outcomeOf(next));
  });
  const from = (name: string, isForced: boolean) =>
    file.reload({ name: "operator", from: name }, isForced);
  const all = [from("one", false)];
  await loads.until(1);
  all.push(from("two", false), from("three", true), from("four", true), from("five", false));
  await loads.release();
  await all[0];
  await loads.release();
  await Promise.all(all);
  deepEqual(asked, [["one", false], ["three", true]]);
});

Deno.test("what a valid file says in vain is warned of before it is applied", async () => {
  const { file, log, results } = fixture(() => Promise.resolve(warned));
  deepEqual(await file.reload(actor), { kind: "ok", reload: outcomeOf(config) });
  deepEqual(results, [undefined]);
  deepEqual(log.lines.slice(1, -1), [
    "warn config-warning reason=m.yaml:4:5: maglev.c: idle",
    "warn config-warning reason=m.yaml:7:2: maglev.d: void",
  ]);
});

Deno.test("a check looks without touching, and says so", async () => {
  const { file, log, applied, results } = fixture(() => Promise.resolve(invalid));
  const message = "m.yaml:3:5: maglev.a: one\nm.yaml:9:1: maglev.b: two";
  deepEqual(await file.check(), { kind: "semantic-error", message });
  deepEqual([applied, results], [[], []]);
  deepEqual(log.lines, [
    "info config-check-start path=m.yaml",
    `info config-check-done result=failed type=semantic err=${message}`,
  ]);
});

Deno.test("a check that finds nothing wrong answers with the warnings, and logs how many", async () => {
  const reasons = ["m.yaml:4:5: maglev.c: idle", "m.yaml:7:2: maglev.d: void"];
  for (
    const [outcome, done, warnings] of [
      [valid, "result=ok", {}],
      [warned, "result=ok warnings=2", { warnings: reasons }],
      [warnedOnce, "result=ok warnings=1", { warnings: reasons.slice(0, 1) }],
    ] as const
  ) {
    const { file, log } = fixture(() => Promise.resolve(outcome));
    deepEqual(await file.check(), { kind: "ok", ...warnings });
    partialDeepStrictEqual(await file.foresee(), { kind: "ok", ...warnings });
    equal(
      log.lines.join("\n"),
      `info config-check-start path=m.yaml\ninfo config-check-done ${done}`,
    );
  }
});

Deno.test("a file that cannot be looked at is a parse error", async () => {
  const { file } = fixture(() => Promise.reject(new Error("worker gone")));
  deepEqual(await file.check(), { kind: "parse-error", message: "m.yaml: worker gone" });
  deepEqual(await file.reload(actor), { kind: "parse-error", message: "m.yaml: worker gone" });
});

Deno.test("a configuration that cannot be applied is said and counted", async () => {
  const failing = () => Promise.reject(new Error("no room"));
  const { file, log, results } = fixture(() => Promise.resolve(valid), failing);
  deepEqual(await file.reload(actor), { kind: "reload-error", message: "no room" });
  deepEqual(results, ["no room"]);
  equal(
    log.lines.at(-1),
    "error checker-reload-error err=no room cause=config actor=operator actor-from=192.0.2.7",
  );
});

/** Loads that end when they are told to, one by one. */
class Loads {
  begun = 0;
  #release: (() => void) | undefined;

  readonly load = (): Promise<ConfigOutcome> => {
    equal(this.#release, undefined, "two loads at a time");
    this.begun++;
    return new Promise((resolve) => this.#release = () => resolve(valid));
  };

  /** Waits for the next load to begin, and ends it. */
  async release(): Promise<void> {
    while (!this.#release) await Promise.resolve();
    this.#release();
    this.#release = undefined;
  }

  /** Waits until a load has begun. */
  async until(begun: number): Promise<void> {
    while (this.begun < begun) await Promise.resolve();
  }
}

Deno.test("reloads run one after the other, and those waiting at once share one", async () => {
  const loads = new Loads();
  const { file, applied } = fixture(loads.load);
  const first = file.reload(actor);
  await loads.until(1);
  const later = [file.reload(actor), file.reload(actor), file.reload(actor)];
  await loads.release();
  await first;
  await loads.release();
  await Promise.all(later);
  deepEqual([loads.begun, applied.length], [2, 2]);
});

Deno.test("checks that wait at once share one answer", async () => {
  const loads = new Loads();
  const { file, log } = fixture(loads.load);
  const first = file.check();
  await loads.until(1);
  const later = Array.from({ length: 50 }, () => file.check());
  await loads.release();
  deepEqual(await first, { kind: "ok" });
  await loads.release();
  for (const outcome of await Promise.all(later)) deepEqual(outcome, { kind: "ok" });
  equal(loads.begun, 2);
  equal(log.lines.filter((line) => line.includes("config-check-start")).length, 2);
});

Deno.test("a check and a reload never load at the same time, and share a load if they can", async () => {
  const loads = new Loads();
  const { file, applied } = fixture(loads.load);
  const both = [file.check(), file.reload(actor)];
  await loads.release();
  deepEqual(await Promise.all(both), [
    { kind: "ok" },
    { kind: "ok", reload: outcomeOf(config) },
  ]);
  deepEqual([loads.begun, applied.length], [1, 1]);
  const first = file.reload(actor);
  await loads.until(2);
  const second = file.check();
  await loads.release();
  await loads.release();
  deepEqual((await Promise.all([first, second])).map(({ kind }) => kind), ["ok", "ok"]);
  equal(loads.begun, 3);
});

Deno.test("a file that is another one than that in force is known, and why it was refused", async () => {
  let outcome: ConfigOutcome = valid;
  const { file, disk } = fixture(() => Promise.resolve(outcome));
  const status = {
    path: "m.yaml",
    loadedAt: 1_000,
    isChanged: false,
    unreadable: "",
    rejected: "",
  };
  deepEqual(await file.status(), status);
  Object.assign(disk, { text: "2", now: 2_000 });
  deepEqual(await file.status(), { ...status, isChanged: true });
  outcome = invalid;
  await file.reload(actor);
  const refused = await file.status();
  deepEqual([refused.isChanged, refused.loadedAt], [true, 1_000]);
  equal(refused.rejected.split("\n").length, 2);
  outcome = valid;
  await file.reload(actor);
  deepEqual(await file.status(), { ...status, loadedAt: 2_000 });
});

Deno.test("what VPP is told by a reload is foreseen, told to who asks, and logged", async () => {
  const changes = Array.from({ length: 22 }, () => ({
    ...{ kind: "as-weight" as const, prefix: "192.0.2.1/32", protocol: "tcp", port: 80 },
    ...{ address: "10.0.0.1", detail: "weight 100 -> 0", frontend: "www" },
  }));
  const order: string[] = [];
  const foreseeVpp: ConfigFileOptions["foreseeVpp"] = (desired) => {
    order.push("foresee");
    return Promise.resolve({ kind: "known", config: desired.config, changes, moves: [] });
  };
  const apply: ConfigFileOptions["apply"] = (next) => {
    order.push("apply");
    return Promise.resolve(outcomeOf(next));
  };
  const { file, log } = fixture(() => Promise.resolve(valid), apply, foreseeVpp);
  const vpp = { kind: "known", config, changes, moves: [] } as const;
  deepEqual(await file.foresee(), { kind: "ok", reload: outcomeOf(config), vpp });
  deepEqual(await file.reload(actor), { kind: "ok", reload: outcomeOf(config), vpp });
  deepEqual(order, ["foresee", "foresee", "apply"]);
  const [done] = log.named("config-reload-done");
  equal(done?.["vpp-changes"], 22);
  const told = done?.vpp as string[];
  equal(told[0], "as-weight 192.0.2.1/32 tcp 80 10.0.0.1 (weight 100 -> 0)");
  deepEqual([told.length, told.at(-1)], [21, "and 2 more"]);
});

Deno.test("a VPP that does not say what it holds keeps nobody from a reload", async () => {
  const clock = new FakeClock();
  const hanging: Parameters<typeof forecastVpp>[0] = {
    foresee: (_, signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
  };
  const forecast = forecastVpp(hanging, desiredOf(config), clock);
  clock.advance(1_000);
  const reason = "VPP did not say within 1000 ms what it holds";
  deepEqual(await forecast, { kind: "unknown", reason });
  deepEqual(forecastAttributes(await forecast), { "vpp-unknown": reason });
  equal(clock.pending, 0);
  deepEqual(forecastAttributes(undefined), {});
});
