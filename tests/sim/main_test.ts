import assert from "node:assert/strict";
import { lbAddDelVipV2 } from "../../lib/gen/vpp.ts";
import { Client } from "./support/client.ts";
import { newVip } from "./support/with_vpp.ts";

const program = new URL("../../lib/sim/main.ts", import.meta.url).pathname;

async function withProgram(
  run: (process: Deno.ChildProcess, apiPath: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-sim-" });
  const apiPath = `${directory}/api.sock`;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, "--api", apiPath, "--stats", `${directory}/stats.sock`],
    stdout: "piped",
  });
  await using process = command.spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream());
  try {
    for await (const line of lines.values({ preventCancel: true })) {
      assert.equal(line, `listening on ${apiPath} and ${directory}/stats.sock\n`);
      break;
    }
    await run(process, apiPath);
  } finally {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended already, which is what most of these tests are about.
    }
    await process.status;
    await lines.cancel();
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("the program says when it is ready, answers, and ends with 0 when told to", async () => {
  await withProgram(async (process, apiPath) => {
    {
      using client = await Client.connect(apiPath);
      await client.expectNothingButPing();
    }
    process.kill("SIGTERM");
    assert.equal((await process.status).code, 0);
    assert.throws(() => Deno.statSync(apiPath), Deno.errors.NotFound);
  });
});

Deno.test("the program ends with 1 when a request kills it", async () => {
  await withProgram(async (process, apiPath) => {
    using client = await Client.connect(apiPath);
    const lethal = newVip("192.0.2.1/32", { new_flows_table_length: 0 });
    await client.send(lbAddDelVipV2, lethal);
    assert.equal((await process.status).code, 1);
  });
});
