import assert from "node:assert/strict";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { run } from "./support/process.ts";
import { newToken } from "../support/tokens.ts";

const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.55" }] });
const [known, other] = [newToken(), newToken()];

function fileFor(...digests: string[]): string {
  const tokens = digests.map((sha256, i) =>
    `    - { name: t${i}, role: operate, sha256: ${sha256} }`
  );
  return `auth:\n  tokens:\n${tokens.join("\n")}\n`;
}

async function ask(daemon: Maglevd, token: string, method = "GetBackend"): Promise<number> {
  const response = await fetch(`http://${daemon.server}/maglev.Maglev/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: '{"name":"one"}',
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("a file of tokens is loaded again by SIGHUP, and none of them is ever written down", async () => {
  await using bundles = await makeBundles();
  const path = await Deno.makeTempFile({ prefix: "maglev-auth-" });
  try {
    await Deno.writeTextFile(path, fileFor(known.sha256));
    await using daemon = await Maglevd.start(
      ...[bundles.maglevd, config, `--auth=${path}`, "--log-level=debug"] as const,
    );
    await daemon.log("auth-loaded", { tokens: 1 });
    assert.deepEqual([await ask(daemon, known.token), await ask(daemon, other.token)], [200, 401]);
    assert.equal(await ask(daemon, known.token, "DisableBackend"), 200);
    await daemon.log("audit", { name: "t0", role: "operate", method: "DisableBackend" });
    await daemon.log("operator-action", { actor: "t0" });

    await Deno.writeTextFile(path, `auth: { tokens: [${known.token}] }`);
    daemon.kill("SIGHUP");
    await daemon.log("auth-reload-failed", { type: "parse" });
    assert.equal(await ask(daemon, known.token), 200);

    await Deno.writeTextFile(path, fileFor(other.sha256));
    daemon.kill("SIGHUP");
    await daemon.log("auth-reloaded", { tokens: 1 });
    assert.deepEqual([await ask(daemon, known.token), await ask(daemon, other.token)], [401, 200]);

    const metrics = await (await fetch(daemon.metricsUrl)).text();
    assert.match(metrics, /maglev_audit_total{method="GetBackend",result="Unauthenticated"} 2/);
    const said = JSON.stringify(daemon.entries) + metrics;
    for (const { token, sha256 } of [known, other]) {
      for (const secret of [token, token.slice(5), sha256]) assert.ok(!said.includes(secret));
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file that is wrong is told by --check, and maglevd does not start with it", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir({ prefix: "maglev-auth-" });
  try {
    const [auth, file] = [`${folder}/auth.yaml`, `${folder}/maglev.yaml`];
    await Deno.writeTextFile(file, config);
    const maglevd = (...args: string[]) =>
      run(
        Deno.execPath(),
        "run",
        "-A",
        "--no-config",
        bundles.maglevd,
        `--config=${file}`,
        ...args,
      );
    await Deno.writeTextFile(auth, fileFor(known.sha256));
    const good = await maglevd("--check", `--auth=${auth}`);
    assert.deepEqual([good.code, good.stdout.includes(`${auth}: valid\n`)], [0, true]);
    for (const [text, code] of [["auth: {}", 2], ["auth: [", 1]] as const) {
      await Deno.writeTextFile(auth, text);
      const checked = await maglevd("--check", `--auth=${auth}`);
      assert.deepEqual([checked.code, checked.stderr.startsWith(`${auth}:1:`)], [code, true]);
      const started = await maglevd("--grpc-addr=127.0.0.1:0", "--metrics-addr=", `--auth=${auth}`);
      assert.equal(started.code, code);
      assert.match(started.stdout, /"msg":"auth-check-failed"/);
      assert.ok(!started.stdout.includes("api-listening"));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
