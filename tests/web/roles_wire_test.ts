import assert from "node:assert/strict";
import { serve } from "../api/support/harness.ts";
import { certFile, keyFile, serverPaths } from "../support/certificates.ts";
import { within } from "../support/deadline.ts";
import { startWeb, untilLink } from "./support/bed.ts";
import { authFile, authText, loginOf, type Person, rolesOf } from "./support/people.ts";

const caCerts = [Deno.readTextFileSync(certFile("authority"))];
const body = JSON.stringify({ operations: [{ action: "pause", backends: ["web0"] }] });

/** Another client's certificate and key, as `Deno.createHttpClient` takes them. */
function shownBy(name: "alice" | "mallory"): { cert: string; key: string } {
  return {
    cert: Deno.readTextFileSync(certFile(name)),
    key: Deno.readTextFileSync(keyFile(name)),
  };
}

const byCertificate = authText(rolesOf) +
  `  certificates:\n    - { name: alice, role: operate, subject: "CN=alice,O=Example" }\n`;

Deno.test("requests that share a connection are each somebody's own, by HTTP/1.1 and HTTP/2", async () => {
  await using maglevd = await serve();
  await using file = await authFile(authText());
  const certificate = { ...serverPaths, clientCa: "" };
  await using web = await startWeb([maglevd.address], { authPath: file.path, certificate });
  const url = `https://localhost:${web.address.split(":")[1]}`;
  const path = `/admin/api/operate?server=${encodeURIComponent(maglevd.address)}`;
  for (const http2 of [true, false]) {
    using client = Deno.createHttpClient({ caCerts, http2, http1: !http2 });
    const ask = async (name?: Person) => {
      const answer = await fetch(url + path, {
        ...{ method: "POST", client, body },
        headers: {
          ...{ origin: url, "content-type": "application/json" },
          ...name && loginOf(name),
        },
      });
      await answer.body?.cancel();
      return answer.status;
    };
    await untilOk(() => ask("otto"));
    const all = await Promise.all([
      ...[ask("vera"), ask("otto"), ask(), ask("ada"), ask("vera")],
    ]);
    assert.deepEqual(all, [403, 200, 401, 200, 403], http2 ? "HTTP/2" : "HTTP/1.1");
  }
});

/** Until the view has reached its maglevd. */
async function untilOk(ask: () => Promise<number>): Promise<void> {
  while (await ask() !== 200);
}

Deno.test("pipelined requests are each somebody's own", async () => {
  await using maglevd = await serve();
  await using file = await authFile(authText());
  await using web = await startWeb([maglevd.address], { authPath: file.path });
  const port = Number(web.address.split(":")[1]);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = (method: string, path: string, name?: Person, content = "") =>
    [
      `${method} ${path} HTTP/1.1`,
      `host: ${web.address}`,
      ...name ? [`authorization: ${loginOf(name).authorization}`] : [],
      ...content === "" ? [] : [
        `origin: ${web.url}`,
        "content-type: application/json",
        `content-length: ${content.length}`,
      ],
      "",
      content,
    ].join("\r\n");
  const operate = `/admin/api/operate?server=${encodeURIComponent(maglevd.address)}`;
  const text = [
    request("GET", "/admin/api/whoami", "ada"),
    request("POST", operate, "vera", body),
    request("GET", "/view/api/whoami"),
    request("GET", "/view/api/whoami", "otto"),
    request("POST", operate, undefined, body),
    request("GET", "/healthz").replace("host:", "connection: close\r\nhost:"),
  ].join("");
  await conn.write(new TextEncoder().encode(text));
  const answers = await within(30_000, "answers", new Response(conn.readable).text());
  const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  assert.deepEqual(statuses, ["200", "403", "401", "200", "401", "200"]);
  assert.match(answers, /"name":"ada","role":"admin"/);
  assert.match(answers, /"name":"otto","role":"operate"/);
  assert.notEqual(maglevd.bed.checker.backend("web0")?.state, "paused");
});

Deno.test("a browser is known by its certificate, unless it shows a token", async () => {
  await using maglevd = await serve();
  await using file = await authFile(byCertificate);
  const settings = { authPath: file.path, certificate: serverPaths };
  await using web = await startWeb([maglevd.address], settings);
  const url = `https://localhost:${web.address.split(":")[1]}`;
  using alice = Deno.createHttpClient({ caCerts, ...shownBy("alice") });
  using mallory = Deno.createHttpClient({ caCerts, ...shownBy("mallory") });
  using nobody = Deno.createHttpClient({ caCerts });
  const who = async (client: Deno.HttpClient, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/admin/api/whoami`, { client, headers });
    const { name, role, error } = await answer.json();
    return [answer.status, name ?? error, role];
  };
  assert.deepEqual(await who(alice), [200, "alice", "operate"]);
  assert.deepEqual(await who(alice, loginOf("ada")), [200, "ada", "admin"]);
  assert.equal((await who(alice, loginOf("ada", "alice")))[0], 401);
  assert.deepEqual((await who(nobody))[0], 401);
  assert.deepEqual(await who(nobody, loginOf("vera")), [200, "vera", "view"]);
  const [status, why] = await who(mallory);
  assert.equal(status, 401);
  assert.match(String(why), /is not a client's by an authority of --tls-client-ca/);
  const reload = await fetch(`${url}/admin/api/reload?server=${maglevd.address}`, {
    ...{ method: "POST", client: alice, body: "{}" },
    headers: { origin: url, "content-type": "application/json" },
  });
  assert.equal(reload.status, 403);
  assert.match(await reload.text(), /this takes the role admin, and 127\.0\.0\.1 has operate/);
  // A page elsewhere may have the browser show it, and no more.
  const foreign = await fetch(`${url}/admin/api/operate?server=${maglevd.address}`, {
    ...{ method: "POST", client: alice, body },
    headers: { origin: "https://evil.example", "content-type": "application/json" },
  });
  await foreign.body?.cancel();
  assert.equal(foreign.status, 403);
  assert.notEqual(maglevd.bed.checker.backend("web0")?.state, "paused");
});

Deno.test("whom no authority vouches for any more loses its streams, and is nobody", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-web-ca-" });
  try {
    const clientCa = `${folder}/ca.crt`;
    await Deno.copyFile(certFile("authority"), clientCa);
    await using file = await authFile(byCertificate);
    const certificate = { ...serverPaths, clientCa };
    await using web = await startWeb(["127.0.0.1:1"], { authPath: file.path, certificate });
    const url = `https://localhost:${web.address.split(":")[1]}`;
    using alice = Deno.createHttpClient({ caCerts, ...shownBy("alice") });
    const stream = await fetch(`${url}/view/api/events?after=x`, { client: alice });
    const text = stream.text();
    await Deno.copyFile(certFile("other-authority"), clientCa);
    await web.reload();
    assert.match(await within(30_000, "the end", text), /event: denied\ndata: \{\}\n\n$/);
    const again = await fetch(`${url}/view/api/whoami`, { client: alice });
    await again.body?.cancel();
    assert.equal(again.status, 401);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the frontend's own roles and maglevd's both hold", async () => {
  const viewOnly = ({ peer }: { peer: string }) =>
    ({ name: "web", role: "view", peer, method: "token", advice: "the test says so" }) as const;
  await using maglevd = await serve({ access: viewOnly });
  await using file = await authFile(authText());
  await using web = await startWeb([maglevd.address], { authPath: file.path });
  await untilLink(web.url, "connected", loginOf("vera"));
  const path = `/admin/api/operate?server=${encodeURIComponent(maglevd.address)}`;
  const answer = await fetch(web.url + path, {
    ...{ method: "POST", body },
    headers: { ...loginOf("ada"), origin: web.url, "content-type": "application/json" },
  });
  assert.equal(answer.status, 409);
  assert.match(await answer.text(), /takes the role operate.*the test says so/);
});
