import { deepEqual, equal, match } from "node:assert/strict";
import { closedFlags, programs } from "../../tools/programs.ts";
import { certFile, keyFile } from "../support/certificates.ts";
import { within } from "../support/deadline.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";

const permissions = [...programs[0]?.permissions ?? [], ...closedFlags];

/** `maglevd --reload` as ExecReload= of a unit starts it. */
async function reload(program: string, environment: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, program, "--reload"],
    clearEnv: true,
    env: { HOME: Deno.env.get("HOME") ?? "/", ...environment },
  }).output();
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** A unit's runtime directory, for what is started while it is there. */
async function runtimeDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "maglevd-run-" });
  Deno.env.set("RUNTIME_DIRECTORY", `${path}:/nowhere`);
  return {
    path,
    async [Symbol.asyncDispose]() {
      Deno.env.delete("RUNTIME_DIRECTORY");
      await Deno.remove(path, { recursive: true });
    },
  };
}

Deno.test("a reload by the unit ends as the daemon's own does, wherever the API listens", async () => {
  await using bundles = await makeBundles();
  await using runtime = await runtimeDirectory();
  const config = testConfig({ port: 9, backends: [{ name: "a", address: "127.0.0.31" }] });
  await using daemon = await Maglevd.startWith(permissions, bundles.maglevd, config);
  const unit = { MAINPID: String(daemon.pid), RUNTIME_DIRECTORY: runtime.path };
  const reloadOf = async (text: string) => {
    await Deno.writeTextFile(daemon.configPath, text);
    const { code, said } = await reload(bundles.maglevd, unit);
    return [code, said.replaceAll(daemon.configPath, "FILE")];
  };

  deepEqual(await reloadOf(config), [0, ""]);
  const [parse, line] = await reloadOf(`${config}\n  oops: 1\n`);
  equal(parse, 1);
  match(String(line), /^FILE:\d+:\d+: maglev\.oops: unknown key "oops".*\n$/);
  const [semantic] = await reloadOf(config.replaceAll("healthcheck: web", "healthcheck: webb"));
  equal(semantic, 2);
  // The only VIP gives way to another one: more than a half of all.
  const [refused, reason] = await reloadOf(
    config.replace("address: 192.0.2.1\n", "address: 198.51.100.1\n"),
  );
  equal(refused, 3);
  match(String(reason), /^the reload is refused: /);
  // A socket that a killed one has left behind is in nobody's way.
  await Deno.writeTextFile(`${runtime.path}/reload.sock`, "");
  await Deno.writeTextFile(daemon.configPath, config);
  const earlier = daemon.entries.length;
  daemon.kill("SIGHUP");
  await daemon.log("config-reload-done", {}, earlier);
  deepEqual(await reloadOf(config), [0, ""]);
  deepEqual([...Deno.readDirSync(runtime.path)], []);

  // Sent by hand, with nobody to answer.
  const before = daemon.entries.length;
  daemon.kill("SIGHUP");
  await daemon.log("config-reload-done", {}, before);
  deepEqual(daemon.entries.filter(({ msg }) => msg === "reload-unanswered"), []);
});

Deno.test("a reload that leaves who may do what, or certificates, as they were has failed", async () => {
  await using bundles = await makeBundles();
  await using runtime = await runtimeDirectory();
  const folder = await Deno.makeTempDir({ prefix: "maglevd-files-" });
  try {
    const [auth, cert, key] = ["auth.yaml", "server.crt", "server.key"]
      .map((name) => `${folder}/${name}`) as [string, string, string];
    const good = "auth: { unix: [{ user: root, role: admin }] }";
    await Deno.writeTextFile(auth, good);
    await Deno.copyFile(certFile("server"), cert);
    await Deno.copyFile(keyFile("server"), key);
    const config = testConfig({ port: 9, backends: [{ name: "a", address: "127.0.0.31" }] });
    await using daemon = await Maglevd.startWith(
      ...[permissions, bundles.maglevd, config] as const,
      ...[`--auth=${auth}`, `--tls-cert=${cert}`, `--tls-key=${key}`],
    );
    const unit = { MAINPID: String(daemon.pid), RUNTIME_DIRECTORY: runtime.path };
    const reloaded = async () => {
      const { code, said } = await reload(bundles.maglevd, unit);
      return [code, said.replaceAll(`${folder}/`, "")];
    };

    deepEqual(await reloaded(), [0, ""]);
    await Deno.writeTextFile(auth, "auth: {}");
    const kept = "the configuration is in force, and not all else\n";
    deepEqual(await reloaded(), [
      3,
      `${kept}who may do what stays as it was: auth.yaml:1:1: auth: names nobody: nobody could ` +
      "change anything\n",
    ]);
    await Deno.writeTextFile(auth, good);
    await Deno.copyFile(keyFile("odd"), key);
    deepEqual(await reloaded(), [
      3,
      `${kept}certificates stay as they were: --tls-key server.key: is not the key of the ` +
      "certificate of --tls-cert server.crt\n",
    ]);
    await Deno.copyFile(keyFile("server"), key);
    deepEqual(await reloaded(), [0, ""]);

    // In force, and of no use to clients.
    await Deno.copyFile(certFile("alice-old"), cert);
    await Deno.copyFile(keyFile("alice"), key);
    deepEqual(await reloaded(), [0, ""]);
    const { reason } = await daemon.log("tls-certificate-unfit");
    equal(reason, "it has expired on 2021-01-01T00:00:00.000Z: clients refuse it");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a reload of a maglevd that is gone, or goes, fails and says so", async () => {
  await using bundles = await makeBundles();
  await using runtime = await runtimeDirectory();
  const gone = new Deno.Command("true").spawn();
  await gone.status;
  const dead = { MAINPID: String(gone.pid), RUNTIME_DIRECTORY: runtime.path };
  deepEqual(await reload(bundles.maglevd, dead), {
    code: 3,
    said: `cannot reload: signal process ${gone.pid}: no such process\n`,
  });

  // SIGHUP is what it ends by; its state must be fetched for it to be gone.
  const dying = new Deno.Command("sleep", { args: ["600"] }).spawn();
  const unit = { MAINPID: String(dying.pid), RUNTIME_DIRECTORY: runtime.path };
  const [answer] = await within(
    60_000,
    "the end of the reload",
    Promise.all([reload(bundles.maglevd, unit), dying.status]),
  );
  deepEqual(answer, {
    code: 3,
    said: "maglevd ended before it had loaded the configuration\n",
  });
});

Deno.test("outside of a unit a reload says what there is instead", async () => {
  await using bundles = await makeBundles();
  const said = "maglevd: --reload is for ExecReload= of a unit, which sets MAINPID and " +
    "RUNTIME_DIRECTORY; elsewhere: maglevc config reload\n";
  for (const unit of [{}, { MAINPID: "12" }, { MAINPID: "x", RUNTIME_DIRECTORY: "/tmp" }]) {
    deepEqual(await reload(bundles.maglevd, { ...unit }), { code: 2, said });
  }
});
