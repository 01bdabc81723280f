import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { within } from "../support/deadline.ts";
import { Auth } from "../../lib/access/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { TlsFiles } from "../../lib/tls/mod.ts";
import { certFile, keyFile, serverPaths, textOf } from "../support/certificates.ts";
import { newToken } from "../support/tokens.ts";
import { testConfig } from "../e2e/support/configs.ts";
import { Site } from "./support/site.ts";

const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.64" }] });

/** The rules of a file with these lines. */
async function authOf(site: Site, text: string): Promise<Auth> {
  const path = `${site.folder}/auth.yaml`;
  await Deno.writeTextFile(path, text);
  const auth = await Auth.open(path, {
    ...{ worker: site.worker, clock: site.clock },
    log: new RecordedLog(),
  });
  if ("problems" in auth) throw new Error(JSON.stringify(auth.problems));
  return auth;
}

/** A call of the API over a connection of its own. */
async function call(
  url: string,
  client: Deno.HttpClient,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`${url}/maglev.Maglev/DisableBackend`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: '{"name":"one"}',
    client,
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("a Unix socket has the permissions and the group that the flags say", async () => {
  await using site = new Site(config);
  const path = `${site.folder}/api.sock`;
  const where = `--grpc-addr=unix:${path}`;
  const rights = async (...flags: string[]) => {
    await using _daemon = await site.start(where, ...flags);
    const { mode, gid } = await Deno.stat(path);
    return [(mode ?? 0) & 0o777, gid];
  };
  deepEqual(await rights("--grpc-socket-mode=0606"), [0o606, Deno.gid()]);
  deepEqual(await rights("--grpc-socket-group=0"), [0o660, 0]);
  deepEqual(await rights("--grpc-socket-group=root"), [0o660, 0]);
  await rejects(rights("--grpc-socket-group=nobody-at-all"), {
    message: '--grpc-socket-group: /etc/group has no group "nobody-at-all"; give its number',
  });
});

Deno.test("who may do what goes by the file, also once it is another one, and by the place without", async () => {
  await using site = new Site(config);
  const [first, second] = [newToken(), newToken()];
  const file = (sha256: string, metrics: string) =>
    `auth:\n  metrics: ${metrics}\n  tokens: [{ name: ci, role: operate, sha256: ${sha256} }]\n`;
  const auth = await authOf(site, file(first.sha256, "anyone"));
  await using daemon = await site.startWith({ auth });
  // Who fails to log in is answered a little later.
  const disable = async ({ token }: typeof first) =>
    (await site.turning(daemon.call("DisableBackend", { name: "one" }, token))).status;
  const scrape = async (headers: Readonly<Record<string, string>> = {}) => {
    const url = `http://${daemon.address("metrics-listening")}/metrics`;
    const response = await site.turning(fetch(url, { headers }));
    await response.body?.cancel();
    return response.status;
  };
  deepEqual([await disable(first), await disable(second)], [200, 401]);
  equal(await scrape(), 200);

  await Deno.writeTextFile(`${site.folder}/auth.yaml`, file(second.sha256, "view"));
  await daemon.daemon.reload({ name: "signal", from: "SIGHUP" });
  deepEqual([await disable(first), await disable(second)], [401, 200]);
  equal(await scrape(), 401);
  equal(await scrape({ authorization: `Bearer ${second.token}` }), 200);
});

/** A stream of events; `ended` tells the code with which it does. */
async function watching(baseUrl: string, fetched: typeof fetch, headers: HeadersInit = {}) {
  const transport = createConnectTransport({ baseUrl, fetch: fetched });
  const events = createClient(Maglev, transport).watchEvents({}, { headers });
  const opened = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const _ of events) opened.resolve();
  })().then(() => undefined, (error) => ConnectError.from(error).code);
  const refused = await Promise.race([opened.promise, ended]);
  equal(refused, undefined, "it was let in");
  return { ended };
}

Deno.test("a stream ends when the file no longer lets who asked for it", async () => {
  await using site = new Site(config);
  const [first, second] = [newToken(), newToken()];
  const file = (sha256: string) =>
    `auth:\n  tokens: [{ name: ci, role: operate, sha256: ${sha256} }]\n`;
  const auth = await authOf(site, file(first.sha256));
  await using daemon = await site.startWith({ auth });
  const headers = { authorization: `Bearer ${first.token}` };
  const { ended } = await watching(`http://${daemon.address("api-listening")}`, fetch, headers);
  await Deno.writeTextFile(`${site.folder}/auth.yaml`, file(second.sha256));
  await daemon.daemon.reload({ name: "signal", from: "SIGHUP" });
  equal(await within(5_000, "the end of the stream", ended), Code.Unauthenticated);
});

Deno.test("a stream ends once the authority of its client's certificate is another one", async () => {
  await using site = new Site(config);
  const { clock, folder } = site;
  const paths = { ...serverPaths, clientCa: `${folder}/ca` };
  await Deno.writeTextFile(paths.clientCa, textOf(certFile("authority")));
  const auth = await authOf(
    site,
    "auth:\n  certificates: [{ san: 'email:alice@example.net', role: view }]\n",
  );
  const log = new RecordedLog();
  using tls = await TlsFiles.open({ paths, clock, log });
  await using daemon = await site.startWith(
    { auth, tls },
    ...[`--tls-cert=${paths.cert}`, `--tls-key=${paths.key}`, `--tls-client-ca=${paths.clientCa}`],
    `--auth=${folder}/auth.yaml`,
  );
  using client = Deno.createHttpClient({
    caCerts: [textOf(certFile("authority"))],
    ...{ cert: textOf(certFile("alice")), key: textOf(keyFile("alice")) },
  });
  const { ended } = await watching(
    `https://${daemon.address("api-listening")}`,
    (input, init) => fetch(input, { ...init, client }),
  );
  await Deno.writeTextFile(paths.clientCa, textOf(certFile("other-authority")));
  // Files are looked at every 5 s, and read once they are the same twice. Time stands still then:
  // that every second who has shown a certificate is looked at is not what ends it.
  while (log.named("tls-reloaded").length === 0) {
    clock.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  equal(await within(10_000, "the end of the stream", ended), Code.Unauthenticated);
});

Deno.test("without a file this machine may do everything, and metrics can be off", async () => {
  await using site = new Site(config);
  await using daemon = await site.start("--metrics-addr=");
  equal((await daemon.call("DisableBackend", { name: "one" })).status, 200);
  deepEqual(daemon.named("metrics-listening"), []);
});

Deno.test("pages may call where they are listed, and the machine is known by its names", async () => {
  await using site = new Site(config);
  await using daemon = await site.start(
    ...["--allow-origin=https://status.example.net", "--host-name=lb1.example.net"],
  );
  const [, port = ""] = daemon.address("api-listening").split(":");
  const asked = async (host: string, origin?: string) => {
    using conn = await Deno.connect({ port: Number(port) });
    const fields = [
      "POST /maglev.Maglev/GetStatus HTTP/1.1",
      ...[`Host: ${host}`, "Content-Type: application/json", "Content-Length: 2"],
      ...[...origin === undefined ? [] : [`Origin: ${origin}`], "Connection: close", "", "{}"],
    ];
    await conn.write(new TextEncoder().encode(fields.join("\r\n")));
    const text = await new Response(conn.readable).text();
    return Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
  };
  equal(await asked("lb1.example.net"), 200);
  equal(await asked(Deno.hostname()), 200);
  equal(await asked("rebound.example.org"), 403);
  equal(await asked("lb1.example.net", "https://status.example.net"), 200);
  equal(await asked("lb1.example.net", "https://elsewhere.example.net"), 403);
});

Deno.test("the API and, if asked for, metrics are served over TLS, and certificates are told of", async () => {
  await using site = new Site(config);
  const { clock } = site;
  const log = new RecordedLog();
  const flags = [`--tls-cert=${serverPaths.cert}`, `--tls-key=${serverPaths.key}`];
  using client = Deno.createHttpClient({ caCerts: [textOf(certFile("authority"))] });
  for (const isSecured of [true, false]) {
    using tls = await TlsFiles.open({ paths: serverPaths, clock, log });
    await using daemon = await site.startWith(
      { tls },
      ...[...flags, ...isSecured ? ["--metrics-tls"] : []],
    );
    equal(await call(`https://${daemon.address("api-listening")}`, client), 200);
    const url = `${isSecured ? "https" : "http"}://${daemon.address("metrics-listening")}/metrics`;
    const text = await (await fetch(url, { client })).text();
    const end = (use: string) =>
      Number(text.match(`maglev_tls_certificate_expiry_seconds\\{use="${use}"\\} (\\S+)`)?.[1]);
    equal(end("server"), tls.identity.certificate.end / 1000);
    ok(end("client_ca") > 0);

    const reloaded = log.lines.length;
    await daemon.daemon.reload({ name: "signal", from: "SIGHUP" });
    match(log.lines.slice(reloaded).join("\n"), /tls-/);
  }
});
