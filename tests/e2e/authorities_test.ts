import { deepEqual, equal } from "node:assert/strict";
import { closedFlags, programs } from "../../tools/programs.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { Authority } from "../probes/support/certificates.ts";
import { makeBundles } from "./support/bundles.ts";
import { Lines } from "./support/process.ts";

const config = `maglev:
  vpp: { lb: { ipv4-src-address: 192.0.2.254, ipv6-src-address: "2001:db8::254" } }
  healthchecks: { tls: { type: tcp, port: 8443, interval: 100ms, params: { ssl: true } } }
  backends: { one: { address: 127.0.0.1, healthcheck: tls } }
  frontends:
    www: { address: 192.0.2.1, protocol: tcp, port: 80, pools: [{ name: p, backends: { one: {} } }] }
`;

/** As few as the program is shipped with. */
const permissions = programs.find(({ name }) => name === "maglevd")?.permissions ?? [];

/** A TLS server inside of the namespace. */
function serve(namespace: Namespace, folder: string): AsyncDisposable {
  const server = namespace.command("openssl", [
    ...["s_server", "-quiet", "-accept", "127.0.0.1:8443"],
    ...["-cert", `${folder}/cert.pem`, "-key", `${folder}/key.pem`],
  ], { stdin: "null", stdout: "null", stderr: "null" }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await server.status;
    },
  };
}

Deno.test({
  ...needingNamespaces(
    "started without a word about authorities, maglevd trusts those of the host",
    "openssl",
  ),
  fn: async () => {
    await using bundles = await makeBundles();
    await using authority = await Authority.create();
    const { cert, key } = await authority.issue("IP:127.0.0.1");
    // In a namespace without a network: the runtime may ask for a newer one when it starts.
    await using namespace = await Namespace.create();
    const folder = await Deno.makeTempDir({ prefix: "maglevd-" });
    for (const [name, text] of [["maglev.yaml", config], ["cert.pem", cert], ["key.pem", key]]) {
      await Deno.writeTextFile(`${folder}/${name}`, text ?? "");
    }
    await using _server = serve(namespace, folder);
    const { DENO_TLS_CA_STORE: _store, DENO_NO_UPDATE_CHECK: _check, ...environment } = Deno.env
      .toObject();
    const child = namespace.command(Deno.execPath(), [
      ...["run", ...permissions, ...closedFlags, bundles.maglevd, `--config=${folder}/maglev.yaml`],
      ...["--grpc-addr=127.0.0.1:0", "--metrics-addr=", "--vpp-api-addr="],
    ], {
      clearEnv: true,
      env: { ...environment, SSL_CERT_FILE: authority.path, DENO_DIR: folder },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = new Lines(child.stdout);
    try {
      await lines.find("live backend", isUp);
      // Under the number that it was started with.
      const variables = (await Deno.readTextFile(`/proc/${child.pid}/environ`)).split("\0");
      const own = ["DENO_TLS_CA_STORE", "DENO_NO_UPDATE_CHECK"];
      deepEqual(variables.filter((each) => own.includes(each.split("=")[0] ?? "")).sort(), [
        "DENO_NO_UPDATE_CHECK=1",
        "DENO_TLS_CA_STORE=system",
      ]);
    } finally {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await lines.ended;
      await Deno.remove(folder, { recursive: true });
      equal(code, 0);
    }
  },
});

function isUp(line: string): boolean {
  const { msg, to } = JSON.parse(line);
  return msg === "backend-transition" && to === "up";
}
