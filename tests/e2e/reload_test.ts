import { deepEqual, equal, match, ok } from "node:assert/strict";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import type { TestBackend } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { TestServers } from "./support/servers.ts";

const kept: TestBackend = { name: "kept", address: "127.0.0.31" };
const moved: TestBackend = { name: "moved", address: "127.0.0.32", check: "other" };
const gone: TestBackend = { name: "gone", address: "127.0.0.33" };
const fresh: TestBackend = { name: "fresh", address: "127.0.0.34" };

async function transitionsOf(daemon: Maglevd, name: string): Promise<unknown[]> {
  const { body } = await daemon.call("GetBackend", { name });
  return (body as { transitions: unknown[] }).transitions;
}

Deno.test("SIGHUP with a broken file changes nothing and names line and column", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers([kept.address, moved.address]);
  const config = testConfig({ port: servers.port, backends: [kept, moved] });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  for (const { name } of [kept, moved]) await daemon.log("backend-transition", { backend: name });
  const before = daemon.entries.length;

  const broken = config.replace("healthcheck: other", "healthcheck: otter");
  await Deno.writeTextFile(daemon.configPath, broken);
  daemon.kill("SIGHUP");
  const failure = await daemon.log("config-check-failed");
  const line = broken.slice(0, broken.indexOf("otter")).split("\n").length;
  const column = (broken.split("\n")[line - 1] ?? "").indexOf("otter") + 1;
  equal(failure.type, "semantic");
  ok(String(failure.err).startsWith(`${daemon.configPath}:${line}:${column}: `), `${failure.err}`);
  match(String(failure.err), /maglev\.backends\.moved\.healthcheck: .*"otter"/);
  equal(await daemon.metric('maglev_config_reloads_total{result="failure"}'), 1);

  await Deno.writeTextFile(daemon.configPath, `${config}\n  oops: [`);
  daemon.kill("SIGHUP");
  equal((await daemon.log("config-check-failed", {}, daemon.entries.length)).type, "parse");

  const reply = await daemon.call("ReloadConfig");
  equal(reply.status, 200);
  match((reply.body as { parseError: string }).parseError, /maglev\.yaml:\d+:\d+: /);
  const after = daemon.entries.slice(before).map(({ msg }) => msg);
  deepEqual(after.filter((msg) => msg.endsWith("-transition")), []);
  equal((await transitionsOf(daemon, "kept")).length, 1);
});

Deno.test("SIGHUP with a good file takes nobody out of service who stays", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers([kept, moved, gone, fresh].map(({ address }) => address));
  const config = testConfig({ port: servers.port, backends: [kept, moved, gone] });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  for (const { name } of [kept, moved, gone]) {
    await daemon.log("backend-transition", { backend: name, to: "up" });
  }
  const history = await transitionsOf(daemon, "kept");
  const before = daemon.entries.length;

  // Longer than a worker is spared for, so that the bundle parses it in one.
  const next = testConfig({ port: servers.port, backends: [kept, moved, fresh] })
    .replace("path: /other", "path: /another") + `# ${"x".repeat(8192)}\n`;
  await Deno.writeTextFile(daemon.configPath, next);
  daemon.kill("SIGHUP");
  await daemon.log("config-reload-done", { backends: 3 }, before);
  await daemon.log("backend-transition", { backend: "fresh", to: "up" }, before);

  const changes = daemon.entries.slice(before)
    .filter(({ msg }) => msg === "backend-transition")
    .map(({ backend, from, to }) => `${backend} ${from} ${to}`);
  deepEqual(changes.sort(), [
    "fresh unknown up",
    "gone up removed",
  ]);
  deepEqual(await transitionsOf(daemon, "kept"), history);
  equal((await daemon.call("GetBackend", { name: "gone" })).status, 404);
  const text = await (await fetch(daemon.metricsUrl)).text();
  equal(text.includes('backend="gone"'), false);
  ok(text.includes("\nmaglev_config_last_reload_successful 1\n"));
});

Deno.test("a program that was replaced while it runs goes on as it is, with all its threads", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers([kept.address, moved.address]);
  const folder = await Deno.makeTempDir();
  try {
    const program = `${folder}/maglevd.js`;
    await Deno.copyFile(bundles.maglevd, program);
    const config = testConfig({ port: servers.port, backends: [kept] });
    await using daemon = await Maglevd.start(program, config);
    await daemon.log("backend-transition", { backend: "kept", to: "up" });

    // As dpkg does it, with what no thread of this process could do anything with.
    await Deno.writeTextFile(`${program}.dpkg-new`, 'throw new Error("another version")\n');
    await Deno.rename(`${program}.dpkg-new`, program);
    // The first reload of a long file starts a thread, and so does the first check over TLS.
    const next = testConfig({ port: servers.port, backends: [kept, moved] })
      .replace(/(other:\s+type: http)$/m, "$1s") + `# ${"x".repeat(8192)}\n`;
    await Deno.writeTextFile(daemon.configPath, next);
    daemon.kill("SIGHUP");
    await daemon.log("config-reload-done", { backends: 2 });
    await daemon.log("backend-transition", { backend: "moved", to: "down" });
    equal((await daemon.call("GetBackend", { name: "kept" })).status, 200);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
