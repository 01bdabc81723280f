import assert from "node:assert/strict";
import { fileIdentity } from "../../../lib/vpp/life/connection.ts";

Deno.test("a socket is told from the one that is put in its place, and from none", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/api.sock`;
  try {
    assert.equal(await fileIdentity(path), undefined);
    using first = Deno.listen({ transport: "unix", path });
    const identity = await fileIdentity(path);
    assert.ok(identity);
    assert.equal(await fileIdentity(path), identity);
    // Moved and not removed: an inode that is free may be given to the next file.
    await Deno.rename(path, `${path}.old`);
    using second = Deno.listen({ transport: "unix", path });
    assert.notEqual(await fileIdentity(path), identity);
    assert.ok(first.addr && second.addr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
