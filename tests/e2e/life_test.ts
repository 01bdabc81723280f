import { equal, match, ok, rejects } from "node:assert/strict";
import { Code, createClient } from "@connectrpc/connect";
import type { ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { makeBundles } from "./support/bundles.ts";
import { within } from "../support/deadline.ts";
import { until } from "../support/until.ts";
import { testConfig, unusedPort } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { ignores, run } from "./support/process.ts";
import { TestServers } from "./support/servers.ts";

const backends = [{ name: "one", address: "127.0.0.51" }];
const sigusr1 = 10;
const deno = [Deno.execPath(), "run", "-A", "--no-config"] as const;

Deno.test("SIGTERM ends event streams with UNAVAILABLE and the daemon with 0", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(["127.0.0.51"]);
  const config = testConfig({ port: servers.port, backends });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  await daemon.log("backend-transition", { to: "up" });
  const transport = createConnectTransport({ baseUrl: `http://${daemon.server}` });
  const events = createClient(Maglev, transport).watchEvents({})[Symbol.asyncIterator]();
  equal((await events.next()).value?.event.case, "backend");
  daemon.kill("SIGTERM");
  const { code, errors: complaints } = await daemon.exit();
  equal(code, 0);
  equal(complaints, "");
  equal(daemon.entries.at(-1)?.msg, "stopped");
  await rejects(drain(events), (error: ConnectError) => error.code === Code.Unavailable);
});

async function drain(events: AsyncIterator<unknown>): Promise<void> {
  while (!(await events.next()).done);
}

Deno.test("SIGUSR1 opens no debugger, which all users of the machine could reach", async () => {
  await using bundles = await makeBundles();
  await using daemon = await Maglevd.start(bundles.maglevd, testConfig({ port: 1, backends }));
  // Each thread that is started has the runtime listen to it anew: one probes by now.
  await daemon.log("backend-transition");
  await until(() => ignores(daemon.pid, sigusr1), "SIGUSR1 is ignored");
});

Deno.test("SIGINT ends the daemon as well", async () => {
  await using bundles = await makeBundles();
  const config = testConfig({ port: 1, backends });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  daemon.kill("SIGINT");
  equal((await daemon.exit()).code, 0);
});

Deno.test("the first record says what is starting, and --version says the same", async () => {
  await using bundles = await makeBundles();
  await using daemon = await Maglevd.start(
    bundles.maglevd,
    testConfig({ port: 1, backends }),
  );
  const [first] = daemon.entries;
  equal(first?.msg, "starting");
  const { code, stdout } = await run(...deno, bundles.maglevd, "--version");
  equal(code, 0);
  equal(stdout, `maglevd ${first?.version} (commit ${first?.commit}, built ${first?.date})\n`);
  match(String(first?.date), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

Deno.test("--check exits with 0, 1 or 2 and names the place", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir();
  const check = async (text: string, ...more: string[]) => {
    await Deno.writeTextFile(`${folder}/m.yaml`, text);
    return await run(...deno, bundles.maglevd, "--check", `--config=${folder}/m.yaml`, ...more);
  };
  try {
    const good = testConfig({ port: 80, backends });
    equal((await check(good)).code, 0);
    const warned = good.replace("healthchecks:", "healthchecks:\n    idle: { type: icmp }");
    const lenient = await check(warned);
    equal(lenient.code, 0, lenient.stderr);
    match(lenient.stdout, /m\.yaml:\d+:5: maglev\.healthchecks\.idle: warning: no backend uses/);
    const strict = await check(warned, "--strict");
    equal([strict.code, strict.stdout].join(), [2, lenient.stdout].join());
    const clean = await Deno.readTextFile(
      new URL("../../docs/examples/minimal.yaml", import.meta.url),
    );
    equal((await check(clean, "--strict")).code, 0);
    const parse = await check(good.replace("fall: 3", "fall: three"));
    equal(parse.code, 1);
    match(parse.stderr, /m\.yaml:\d+:\d+: maglev\.healthchecks\.web\.fall: /);
    const semantic = await check(good.replace("healthcheck: web", "healthcheck: wep"));
    equal(semantic.code, 2);
    match(semantic.stderr, /m\.yaml:\d+:\d+: maglev\.backends\.one\.healthcheck: /);
    const missing = await run(...deno, bundles.maglevd, "--check", "--config=/nonexistent.yaml");
    equal(missing.code, 1);
    match(missing.stderr, /\/nonexistent\.yaml: /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("wrong flags and a port that is taken are said in one sentence", async () => {
  await using bundles = await makeBundles();
  const flags = await run(...deno, bundles.maglevd, "--colour");
  equal(flags.code, 2);
  equal(flags.stderr, "maglevd: unknown flag --colour, see --help\n");

  const config = testConfig({ port: 1, backends });
  await using daemon = await Maglevd.start(bundles.maglevd, config);
  const second = await run(
    ...[...deno, bundles.maglevd, `--config=${daemon.configPath}`] as const,
    ...[`--grpc-addr=${daemon.server}`, "--metrics-addr=", "--vpp-api-addr="],
  );
  equal(second.code, 3);
  const last = JSON.parse(second.stdout.trim().split("\n").at(-1) ?? "{}");
  equal(last.msg, "start-failed");
  ok(String(last.err).startsWith(`cannot listen on ${daemon.server}`), last.err);
});

/** Starts a daemon that logs a lot, with its standard output in the hands of `hold`. */
async function withUnreadLog(
  maglevd: string,
  hold: (stdout: ReadableStream<Uint8Array>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const many = Array.from({ length: 200 }, (_, i) => `127.0.1.${i + 1}`)
    .map((address, i) => ({ name: `b${i}`, address }));
  await Deno.writeTextFile(`${folder}/m.yaml`, testConfig({ port: 1, backends: many }));
  const port = unusedPort("127.0.0.1");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...[...deno.slice(1), maglevd, `--config=${folder}/m.yaml`, "--log-level=debug"],
      ...[`--metrics-addr=127.0.0.1:${port}`, "--grpc-addr=127.0.0.1:0", "--vpp-api-addr="],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    await hold(child.stdout);
    await within(60_000, "records dropped", untilDropped(`http://127.0.0.1:${port}/metrics`));
    child.kill("SIGTERM");
    const { code } = await within(20_000, "the end of maglevd", child.status);
    equal(code, 0);
  } finally {
    if (!child.stdout.locked) await child.stdout.cancel();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Scrapes until a record has been dropped. */
async function untilDropped(url: string): Promise<void> {
  for (;;) {
    try {
      const text = await (await fetch(url)).text();
      if (/^maglev_log_dropped_total [1-9]/m.test(text)) return;
    } catch {
      // It doesn't listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("while nobody reads the log the daemon goes on, drops, and ends with 0", async () => {
  await using bundles = await makeBundles();
  await withUnreadLog(bundles.maglevd, () => Promise.resolve());
});

Deno.test("when the reader of the log goes away the daemon goes on and ends with 0", async () => {
  await using bundles = await makeBundles();
  await withUnreadLog(bundles.maglevd, (stdout) => stdout.cancel());
});
