import assert from "node:assert/strict";
import { connectTo } from "../../lib/cli/client.ts";
import { serve } from "../api/support/harness.ts";
import { GrpcOnly, spliced } from "./support/grpc_only.ts";
import { runAt } from "./support/one_shot.ts";

/** Ports that fetch refuses, of which one will be free. */
const badPorts = [6000, 6665, 6666, 6667, 6668, 6669, 10080, 5060, 5061, 4190];

Deno.test("a port that fetch refuses is a port like any other", async () => {
  for (const port of badPorts) {
    try {
      await using harness = await serve({ addr: `127.0.0.1:${port}` });
      assert.equal((await runAt(harness.address, "show backends web0")).code, 0);
      return;
    } catch (error) {
      const isTaken = error instanceof Error && /another program listens there/.test(error.message);
      if (!isTaken) throw error;
    }
  }
  assert.fail("none of the ports that fetch refuses is free");
});

Deno.test("an IPv6 address is a server, with brackets and, without a port, bare", async () => {
  await using harness = await serve({ addr: "[::1]:0" });
  const { code, said } = await runAt(harness.address, "show backends web0");
  assert.equal(code, 0, said);
  const { said: unreachable } = await runAt("[::1]:1", "show backends");
  assert.equal(
    unreachable,
    "error: cannot reach maglevd at [::1]:1: connection refused",
  );
});

Deno.test("a Unix socket is a server, too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using harness = await serve();
    const path = `${folder}/api.sock`;
    using listener = Deno.listen({ transport: "unix", path });
    const served = (async () => {
      const target = Deno.connect({ port: Number(harness.address.split(":")[1]) });
      await spliced(await listener.accept(), await target);
    })();
    const { code, said } = await runAt(`unix:${path}`, "show backends web0");
    assert.equal(code, 0, said);
    assert.match(said, /^name +web0$/m);
    await served;
    assert.deepEqual(await runAt(`unix:${folder}/none`, "show backends"), {
      code: 4,
      said: `error: cannot reach maglevd at unix:${folder}/none: there is no such socket`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a server that speaks nothing but gRPC is asked by that", async () => {
  await using harness = await serve();
  harness.bed.move("web0", "up");
  {
    await using door = new GrpcOnly(harness.address);
    const { code, said } = await runAt(door.address, "show backends web0");
    assert.equal(code, 0, said);
    assert.match(said, /^state +up for/m);
    assert.deepEqual(await runAt(door.address, "show backends nobody"), {
      code: 3,
      said: 'error: backend "nobody" not found',
    });
    const watched = await runAt(door.address, "watch events backend num 1");
    assert.equal(JSON.parse(watched.said).backend.backendName, "web0");
  }
});

Deno.test("the end of a gRPC stream, whose status cannot be seen, is one that can pass", async () => {
  await using harness = await serve();
  await using door = new GrpcOnly(harness.address);
  using connection = connectTo(door.address);
  const request = { backend: true, log: false, frontend: false };
  const events = connection.client.watchEvents(request, { timeoutMs: 0 })[Symbol.asyncIterator]();
  await events.next();
  const shutdown = harness.server.shutdown();
  await assert.rejects(
    async () => {
      for (let next = await events.next(); !next.done;) next = await events.next();
    },
    /ended the stream|shutting down/,
  );
  await shutdown;
});

Deno.test("a call is sent to nobody else, wherever a server sends it on to", async () => {
  const asked = new Set<string>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.add(new URL(request.url).pathname);
      return new Response(null, { status: 307, headers: { location: "/elsewhere" } });
    },
  );
  const address = `127.0.0.1:${server.addr.port}`;
  await using door = new GrpcOnly(address);
  for (const each of [address, door.address]) {
    assert.notEqual((await runAt(each, "set backend web0 disable --yes")).code, 0);
  }
  assert.deepEqual([...asked], ["/maglev.Maglev/GetBackend"]);
});
