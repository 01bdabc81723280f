import assert from "node:assert/strict";
import { accessByRules } from "../../lib/access/mod.ts";
import { readRequest } from "../../lib/web/settings.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { serve } from "../api/support/harness.ts";
import { certFile, serverIdentity } from "../support/certificates.ts";
import { clientFiles } from "./support/client_files.ts";
import { startWeb, stateOf, untilLink, untilRead } from "./support/bed.ts";

const rules = rulesOf(`auth:
  certificates:
    - { name: alice, role: operate, subject: "CN=alice,O=Example" }
`);

Deno.test("a maglevd is asked over TLS, and knows the frontend by its certificate", async () => {
  const tls = { identity: await serverIdentity(true) };
  await using maglevd = await serve({ tls, access: accessByRules(() => rules) });
  await using files = await clientFiles();
  const { ca, cert, key } = files;
  await files.take("alice");
  await using web = await startWeb([maglevd.address], { tls: { ca, cert, key } });
  const { servers: [first] } = await untilRead(web.url);
  const { role, roleReason } = first?.reading?.status ?? {};
  assert.deepEqual([role, roleReason], ["operate", "the file of --auth says so"]);
});

Deno.test("a certificate that is replaced is shown from then on", async () => {
  const tls = { identity: await serverIdentity(true) };
  await using maglevd = await serve({ tls, access: accessByRules(() => rules) });
  await using files = await clientFiles();
  const { ca, cert, key } = files;
  await files.take("mallory");
  await using web = await startWeb([maglevd.address], { tls: { ca, cert, key } });
  assert.match(await untilLink(web.url, "lost"), /certificate/);
  await files.take("alice");
  await web.reload();
  await untilLink(web.url, "connected");
  assert.equal(web.log.named("credentials-renewed").length, 1);
  await web.reload();
  await Deno.remove(cert);
  await web.reload();
  assert.deepEqual(
    [web.log.named("credentials-renewed").length, web.log.named("credentials-not-read").length],
    [1, 1],
  );
});

Deno.test("a maglevd that nobody vouches for, or that speaks no TLS, is said to be so", async () => {
  await using secured = await serve({ tls: { identity: await serverIdentity() } });
  await using web = await startWeb([secured.address], { tls: { tls: true } });
  assert.match(await untilLink(web.url, "lost"), /authority that is not trusted/);
  await using clear = await serve();
  await using other = await startWeb([clear.address], { tls: { ca: certFile("authority") } });
  assert.match(await untilLink(other.url, "lost"), /does not speak TLS/);
});

Deno.test("https:// has one maglevd asked over TLS, and another one in the clear beside it", async () => {
  await using secured = await serve({ tls: { identity: await serverIdentity() } });
  await using clear = await serve();
  await using web = await startWeb([`https://${secured.address}`, clear.address]);
  // It gets as far as the authority, which the system does not know.
  assert.match(await untilLink(web.url, "lost"), /authority that is not trusted/);
  const { servers } = await stateOf(web.url);
  assert.deepEqual(servers.map(({ name }) => name), [secured.address, clear.address]);
  await assert.rejects(startWeb(["https://a/b"]), { name: "CommandFailure" });
});

Deno.test("flags name the files, and what they leave out is left to servers.yaml", () => {
  const tlsOf = (...args: string[]) => {
    const request = readRequest(args, new Map());
    return request.kind === "run" ? request.settings.tls : undefined;
  };
  assert.deepEqual(tlsOf(), {});
  assert.deepEqual(tlsOf("--tls"), { tls: true });
  assert.deepEqual(tlsOf("--ca=a", "--cert", "b", "--key=c"), { ca: "a", cert: "b", key: "c" });
});
