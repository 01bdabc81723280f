import assert from "node:assert/strict";
import { usualServer } from "../../lib/cli/servers.ts";

Deno.test("the socket of this machine is used where somebody listens there", async () => {
  const directory = await Deno.makeTempDir({ prefix: "mgl-cli-" });
  const path = `${directory}/api.sock`;
  try {
    assert.equal(await usualServer(path), "localhost:9090");
    using listener = Deno.listen({ transport: "unix", path });
    assert.equal(await usualServer(path), `unix:${path}`);
    (await listener.accept()).close();
    listener.close();
    assert.equal(await usualServer(path), "localhost:9090");
    await Deno.writeTextFile(`${directory}/file`, "");
    assert.equal(await usualServer(`${directory}/file`), "localhost:9090");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
