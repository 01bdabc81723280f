import assert from "node:assert/strict";
import { certFile, keyFile } from "../support/certificates.ts";
import { serve } from "../api/support/harness.ts";
import { within } from "../support/deadline.ts";
import { operator, startWeb } from "./support/bed.ts";
import { authFile, authText } from "./support/people.ts";

const files = (name: "server") => ({ cert: certFile(name), key: keyFile(name), clientCa: "" });

Deno.test("with a certificate browsers are answered over TLS, by HTTP/2 as well, and no other way", async () => {
  await using maglevd = await serve();
  await using web = await startWeb([maglevd.address], { certificate: files("server") });
  const caCerts = [await Deno.readTextFile(certFile("authority"))];
  const port = web.address.split(":")[1];
  for (const http2 of [true, false]) {
    using client = Deno.createHttpClient({ caCerts, http2, http1: !http2 });
    const answer = await fetch(`https://localhost:${port}/view/api/state`, { client });
    assert.deepEqual([answer.status, (await answer.json()).servers.length], [200, 1]);
  }
  const clear = await fetch(`http://localhost:${port}/view/`);
  assert.equal(clear.status, 400);
  assert.match(await clear.text(), /this port speaks TLS/);
  await web.reload();
  assert.equal(web.log.named("tls-reloaded").length, 1);
});

Deno.test("a certificate that cannot be used ends the start", async () => {
  const certificate = { cert: "/no/such.crt", key: "/no/such.key", clientCa: "" };
  await assert.rejects(startWeb(["127.0.0.1:1"], { certificate }), {
    message: "--tls-cert /no/such.crt: there is no such file",
  });
});

Deno.test("a password that others could read along is warned of at each start", async () => {
  await using maglevd = await serve();
  const warned = async (settings: Parameters<typeof startWeb>[1]) => {
    await using web = await within(30_000, "start", startWeb([maglevd.address], settings));
    // The keys of tests are in files that everybody may read.
    return web.log.named("access-unsafe").map(({ addr }) => addr).filter((addr) =>
      addr !== keyFile("server")
    );
  };
  const everywhere = { hostname: "0.0.0.0", port: 0 };
  const credentials = operator;
  assert.deepEqual(await warned({ credentials, listen: everywhere }), ["0.0.0.0:0"]);
  await using file = await authFile(authText());
  assert.deepEqual(await warned({ authPath: file.path, listen: everywhere }), ["0.0.0.0:0"]);
  assert.deepEqual(await warned({ listen: everywhere }), []);
  assert.deepEqual(await warned({ credentials }), []);
  const certificate = files("server");
  assert.deepEqual(await warned({ credentials, listen: everywhere, certificate }), []);
});
