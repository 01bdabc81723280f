import { deepEqual, equal } from "node:assert/strict";
import { makeBundles } from "../e2e/support/bundles.ts";
import { testConfig } from "../e2e/support/configs.ts";
import { Maglevd } from "../e2e/support/maglevd.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { fencesOf, missingLines } from "./support/fences.ts";
import { readPage } from "./support/pages.ts";

const page = "docs/access.md";
const fences = fencesOf(await readPage(page));
const config = testConfig({ port: 1, backends: [{ name: "web1", address: "127.0.0.54" }] });

/** Whether a script needs a maglevd at work; those before prepare its files. */
function isForDaemon(body: string): boolean {
  return body.includes("--server") || body.includes("--unix-socket");
}

/** Whether it has to speak TLS. */
function isForTls(body: string): boolean {
  return isForDaemon(body) && body.includes("MAGLEV_CA");
}

/** Runs a script in a folder with maglevd and maglevc on its path. */
async function runScript(script: string, folder: string, environment: Record<string, string>) {
  const child = new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", `{ ${script}\n} 2>&1`],
    cwd: folder,
    env: { PATH: `${folder}:${Deno.env.get("PATH")}`, NO_COLOR: "1", ...environment },
    stdin: "null",
  });
  const { code, stdout } = await child.output();
  return { code, output: new TextDecoder().decode(stdout) };
}

Deno.test(
  needing(
    Deno.uid() === 0 && havePrograms("bash", "curl", "jq", "setpriv"),
    "root, curl, jq and setpriv",
    "the guide to who may do what does what it shows",
  ),
  async () => {
    await using parts = new AsyncDisposableStack();
    const bundles = parts.use(await makeBundles());
    const folder = await Deno.makeTempDir({ prefix: "maglev-access-" });
    parts.defer(() => Deno.remove(folder, { recursive: true }));
    await Deno.chmod(folder, 0o755);
    await Deno.writeTextFile(`${folder}/maglev.yaml`, config);
    for (const name of ["maglevd", "maglevc"] as const) {
      const words = [Deno.execPath(), "run", "-A", "--no-config", bundles[name]];
      const command = words.map((word) => `"${word}"`).join(" ");
      const text = `#!/bin/sh\nexec ${command} "$@"\n`;
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
    }
    const socket = `${folder}/api.sock`;
    let daemon: Maglevd | undefined;
    let secured: Maglevd | undefined;
    for (const [index, { language, mark, body = "", line }] of fences.entries()) {
      if (mark !== "test" || language !== "sh") continue;
      if (isForTls(body)) {
        secured ??= parts.use(
          await Maglevd.start(
            ...[bundles.maglevd, config, `--auth=${folder}/tls.yaml`] as const,
            ...[`--tls-cert=${folder}/server.crt`, `--tls-key=${folder}/server.key`],
            `--tls-client-ca=${folder}/ca.crt`,
          ),
        );
      } else if (!daemon && isForDaemon(body)) {
        daemon = parts.use(
          await Maglevd.start(
            ...[bundles.maglevd, config, `--auth=${folder}/auth.yaml`] as const,
            ...[`--grpc-addr=127.0.0.1:0,unix:${socket}`, "--grpc-socket-mode=666"],
          ),
        );
      }
      const script = body.replaceAll("/run/vpp-maglev/api.sock", socket)
        .replaceAll("localhost:9090", (isForTls(body) ? secured : daemon)?.server ?? "");
      const { code, output } = await runScript(script, folder, {
        MAGLEV_CONFIG: `${folder}/maglev.yaml`,
        MAGLEVD_PID: String(daemon?.pid),
      });
      const where = `${page}:${line}:\n${output}`;
      equal(code, 0, where);
      const expected = fences[index + 1];
      const told = output.replaceAll(secured?.server ?? "localhost:9090", "localhost:9090");
      if (expected?.mark === "match") deepEqual(missingLines(expected.body, told), [], where);
    }
  },
);
