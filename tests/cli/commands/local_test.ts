import assert from "node:assert/strict";
import { accessByRules } from "../../../lib/access/mod.ts";
import { connectTo } from "../../../lib/cli/client.ts";
import { makeToken } from "../../../lib/cli/commands/local.ts";
import { checkTokenWay } from "../../../lib/cli/client.ts";
import { readToken } from "../../../lib/cli/credentials.ts";
import { parseEndpoint } from "../../../lib/cli/servers.ts";
import { rulesOf } from "../../access/support/auth_bed.ts";
import { serve } from "../../api/support/harness.ts";
import { newToken } from "../../support/tokens.ts";

async function withFile(text: string, mode: number, run: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ prefix: "mgl-token-" });
  try {
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

const secret = newToken();

Deno.test("a token is read from a file that is not for everybody", async () => {
  for (const mode of [0o600, 0o400, 0o640]) {
    await withFile(`${secret.token}\n`, mode, async (path) => {
      assert.equal(await readToken(path), secret.token);
    });
  }
  for (const mode of [0o604, 0o602, 0o644]) {
    await withFile(secret.token, mode, async (path) => {
      await assert.rejects(readToken(path), {
        message: `token file ${path}: everybody can read it: chmod 600 and a new token`,
      });
    });
  }
});

Deno.test("what is no token is refused, and not repeated", async () => {
  for (const text of ["", "\n", "two words", `${secret.token}\n${secret.token}\n`, "tök"]) {
    await withFile(text, 0o600, async (path) => {
      await assert.rejects(readToken(path), {
        message: `token file ${path}: holds no token, or more than one`,
        exitCode: 2,
      });
    });
  }
  await assert.rejects(
    readToken("/proc/no/such"),
    /token file \/proc\/no\/such: cannot be read: /,
  );
});

Deno.test("a token goes to this machine only, while it would travel in the clear", () => {
  for (const server of ["unix:/run/a", "localhost:1", "127.0.0.1", "127.9.9.9:1", "[::1]:9090"]) {
    checkTokenWay(parseEndpoint(server));
  }
  for (const server of ["rtr1", "192.0.2.1:9090", "[2001:db8::1]:1", "127.0.0.1.example.net:1"]) {
    assert.throws(() => checkTokenWay(parseEndpoint(server)), /is not sent to .* in the clear/);
    assert.throws(() => connectTo(server, secret.token), /in the clear/);
    connectTo(server)[Symbol.dispose]();
  }
});

Deno.test("maglevd knows who shows a token", async () => {
  const rules = rulesOf(
    `auth: { tokens: [{ name: ci, role: view, sha256: ${secret.sha256} }] }`,
  );
  await using harness = await serve({ access: accessByRules(() => rules) });
  using known = connectTo(harness.address, secret.token);
  assert.equal((await known.client.getBackend({ name: "web0" })).name, "web0");
  using unknown = connectTo(harness.address);
  await assert.rejects(unknown.client.getBackend({ name: "web0" }), /it has to show a token/);
});

Deno.test("a token that was made fits the digest beside it", async () => {
  assert.ok(makeToken.kind === "local");
  const report = await makeToken.run();
  const text = report.text({} as never);
  const [token = ""] = text.split("\n");
  const [, sha256 = ""] = /sha256: "([0-9a-f]{64})" }$/.exec(text) ?? [];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  assert.equal(new Uint8Array(digest).toHex(), sha256);
  assert.deepEqual(Object.keys(report.json() as object), ["token", "sha256"]);
});
