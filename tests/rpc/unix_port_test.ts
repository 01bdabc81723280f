import assert from "node:assert/strict";
import { Accounts } from "../../lib/access/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { openDescriptors } from "../net/support/descriptors.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { serve } from "../api/support/harness.ts";
import { jsonCall } from "./support/raw.ts";

async function withPath(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-unix-" });
  await Deno.chmod(directory, 0o755);
  try {
    await run(`${directory}/api.sock`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Who runs this test. */
const user = new Accounts(systemClock).userName(Deno.uid() ?? 0);

function ask(client: Deno.HttpClient, method: string, name = "web0"): Promise<Response> {
  return fetch(`http://localhost/maglev.Maglev/${method}`, {
    client,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
}

function clientOf(path: string, http2 = false): Deno.HttpClient {
  return Deno.createHttpClient({ proxy: { transport: "unix", path }, http2, http1: !http2 });
}

Deno.test("an API in the file system and on ports is one, and knows who calls", () =>
  withPath(async (path) => {
    await using harness = await serve({ addr: `127.0.0.1:0,unix:${path}` });
    const { addresses, port } = harness.server;
    assert.deepEqual(addresses, [`127.0.0.1:${port}`, `unix:${path}`]);
    for (const http2 of [false, true]) {
      using client = clientOf(path, http2);
      const name = http2 ? "web1" : "web0";
      const changed = await ask(client, "DisableBackend", name);
      assert.equal(changed.status, 200);
      await changed.body?.cancel();
      const told = harness.bed.events.find((each) =>
        each.kind === "audit" && each.target === `backend ${name}`
      );
      assert.deepEqual(told?.actor, { name: user, from: `unix:${user}` });
    }
    const byPort = await fetch(`http://${harness.address}/maglev.Maglev/GetBackend`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"name":"web0"}',
    });
    assert.partialDeepStrictEqual(await byPort.json(), { state: "disabled" });
  }));

Deno.test(
  needing(
    Deno.uid() === 0 && havePrograms("setpriv", "curl"),
    "root, setpriv and curl",
    "who the file lets in may change, under its own name, and others do not get in",
  ),
  () =>
    withPath(async (path) => {
      const rights = { mode: 0o660, gid: 4343 };
      await using harness = await serve({ addr: `unix:${path}`, rights });
      const curl = async (uid: string, gid: string, method: string) => {
        const { code, stdout } = await new Deno.Command("setpriv", {
          args: [
            ...["--reuid", uid, "--regid", gid, "--clear-groups", "curl", "-sS", "--json"],
            ...['{"name":"web0"}', "--unix-socket", path],
            `http://localhost/maglev.Maglev/${method}`,
          ],
          stderr: "null",
        }).output();
        return [code === 0, new TextDecoder().decode(stdout)] as const;
      };
      const [isIn, answer] = await curl("4242", "4343", "DisableBackend");
      assert.deepEqual([isIn, JSON.parse(answer).state], [true, "disabled"]);
      const audit = harness.bed.events.find(({ kind }) => kind === "audit");
      assert.deepEqual(audit?.actor, { name: "4242", from: "unix:4242" });
      assert.deepEqual(await curl("4242", "4242", "GetBackend"), [false, ""]);
    }),
);

Deno.test("clients that vanish at any point cost nothing", () =>
  withPath(async (path) => {
    await using _harness = await serve({ addr: `unix:${path}` });
    const call = new TextEncoder().encode(jsonCall("ListBackends"));
    const served = async () => {
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(call);
      await conn.read(new Uint8Array(10));
    };
    // What the runtime opens with the first one stays.
    await served();
    const before = openDescriptors();
    const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    for (const octets of [call, preface]) {
      for (let length = 0; length < octets.length; length += 7) {
        using conn = await Deno.connect({ transport: "unix", path });
        await conn.write(octets.subarray(0, length));
      }
    }
    for (let i = 0; i < 1_000 && openDescriptors() > before; i++) await served();
    assert.ok(openDescriptors() <= before + 1, `${openDescriptors()} of ${before}`);
  }));

Deno.test("a client that ends its side first is still answered", () =>
  withPath(async (path) => {
    await using _harness = await serve({ addr: `unix:${path}` });
    using conn = await Deno.connect({ transport: "unix", path });
    await conn.write(new TextEncoder().encode(jsonCall("GetBackend", { name: "web0" })));
    await conn.closeWrite();
    assert.match(await new Response(conn.readable).text(), /^HTTP\/1\.1 200 [^]*"web0"/);
  }));

Deno.test("where one address cannot be had there is none", () =>
  withPath(async (path) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const addr = `unix:${path},127.0.0.1:${taken.addr.port}`;
    await assert.rejects(serve({ addr }), /another program listens there$/);
    await assert.rejects(Deno.connect({ transport: "unix", path }));
  }));
