import { deepEqual, equal } from "node:assert/strict";
import type { Config, ConfigOutcome } from "../../lib/config/mod.ts";
import { ConfigFile } from "../../lib/daemon/config_file.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const config = {
  frontends: new Map([["www", {}]]),
  backends: new Map(),
  healthchecks: new Map(),
} as unknown as Config;

const valid: ConfigOutcome = { kind: "valid", file: "m.yaml", config };

const invalid: ConfigOutcome = {
  kind: "invalid",
  file: "m.yaml",
  stage: "semantic",
  problems: [
    { stage: "semantic", file: "m.yaml", line: 3, column: 5, path: "maglev.a", message: "one" },
    { stage: "semantic", file: "m.yaml", line: 9, column: 1, path: "maglev.b", message: "two" },
  ],
};

function fixture(load: () => Promise<ConfigOutcome>, apply?: (config: Config) => Promise<void>) {
  const log = new RecordedLog();
  const applied: Config[] = [];
  const results: boolean[] = [];
  const file = new ConfigFile({
    path: "m.yaml",
    load,
    apply: apply ?? ((next) => Promise.resolve(void applied.push(next))),
    reloading: () => {},
    reloaded: (ok) => void results.push(ok),
    log,
  });
  return { file, log, applied, results };
}

Deno.test("a valid file is applied, and the log says when and what", async () => {
  const { file, log, applied, results } = fixture(() => Promise.resolve(valid));
  deepEqual(await file.reload(), { kind: "ok" });
  deepEqual(applied, [config]);
  deepEqual(results, [true]);
  deepEqual(log.lines, [
    "info config-reload-start",
    "info config-reload-done frontends=1 backends=0 healthchecks=0",
  ]);
});

Deno.test("a faulty file changes nothing; every problem is named with its place", async () => {
  const { file, log, applied, results } = fixture(() => Promise.resolve(invalid));
  const message = "m.yaml:3:5: maglev.a: one\nm.yaml:9:1: maglev.b: two";
  deepEqual(await file.reload(), { kind: "semantic-error", message });
  deepEqual(applied, []);
  deepEqual(results, [false]);
  deepEqual(log.lines, [
    "info config-reload-start",
    `error config-check-failed type=semantic err=${message}`,
  ]);
});

Deno.test("a check looks without touching", async () => {
  const { file, log, applied } = fixture(() => Promise.resolve(invalid));
  equal((await file.check()).kind, "semantic-error");
  deepEqual(await fixture(() => Promise.resolve(valid)).file.check(), { kind: "ok" });
  deepEqual([applied, log.lines], [[], []]);
});

Deno.test("a file that cannot be looked at is a parse error", async () => {
  const { file } = fixture(() => Promise.reject(new Error("worker gone")));
  deepEqual(await file.check(), { kind: "parse-error", message: "m.yaml: worker gone" });
  deepEqual(await file.reload(), { kind: "parse-error", message: "m.yaml: worker gone" });
});

Deno.test("a configuration that cannot be applied is said and counted", async () => {
  const failing = () => Promise.reject(new Error("no room"));
  const { file, log, results } = fixture(() => Promise.resolve(valid), failing);
  deepEqual(await file.reload(), { kind: "reload-error", message: "no room" });
  deepEqual(results, [false]);
  equal(log.lines.at(-1), "error config-reload-failed err=no room");
});

Deno.test("reloads run one after the other, and those waiting at once share one", async () => {
  let release = () => {};
  let loads = 0;
  const { file, applied } = fixture(() => {
    loads++;
    return new Promise((resolve) => release = () => resolve(valid));
  });
  const first = file.reload();
  await Promise.resolve();
  await Promise.resolve();
  const later = [file.reload(), file.reload(), file.reload()];
  equal(loads, 1);
  release();
  await first;
  while (loads < 2) await Promise.resolve();
  release();
  await Promise.all(later);
  equal(loads, 2);
  equal(applied.length, 2);
});
