import assert from "node:assert/strict";
import { closedFlags, programs } from "../../tools/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";

const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.53" }] });

function permissionsOf(name: "maglevd" | "maglevc"): readonly string[] {
  return [
    ...programs.find((each) => each.name === name)?.permissions ?? [],
    ...closedFlags,
  ];
}

Deno.test("a socket serves maglevc with the permissions that are shipped, also after kill -9", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir({ prefix: "maglevd-unix-" });
  const path = `${folder}/api.sock`;
  const maglevc = async (...words: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...permissionsOf("maglevc"),
        bundles.maglevc,
        `--server=unix:${path}`,
        ...words,
      ],
    }).output();
    return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  try {
    const flags = [`--grpc-addr=127.0.0.1:0`, `--grpc-addr=unix:${path}`, "--grpc-socket-mode=600"];
    const start = () =>
      Maglevd.startWith(permissionsOf("maglevd"), bundles.maglevd, config, ...flags);
    {
      await using killed = await start();
      const { addr } = await killed.log("api-listening", { addr: `unix:${path}` });
      assert.equal(addr, `unix:${path}`);
      assert.equal((await maglevc("set", "backend", "one", "disable", "--yes")).code, 0);
      await killed.log("audit", { role: "admin", target: "disable backend one" });
      killed.kill("SIGKILL");
      await killed.exit();
    }
    assert.equal((await maglevc("show", "backends")).code, 4);
    await using daemon = await start();
    assert.match((await maglevc("show", "backends")).output, /\bone\b/);
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.exit()).code, 0);
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
