import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { covers, type Role, roleOfMethod } from "../../lib/access/mod.ts";
import { locked } from "../../tools/programs.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { root } from "./support/places.ts";
import { Lines } from "./support/process.ts";

const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.58" }] });

/** Where the machine is, for the other namespace. */
const address = "192.0.2.1";

/** What stranger.ts tells. */
interface Told {
  readonly calls: readonly (readonly [way: string, method: string, code: number])[];
  readonly view: Readonly<Record<string, number>>;
}

/** Asks everything from inside of a namespace. */
async function asked(namespace: Namespace, api: string, web: string): Promise<Told> {
  const args = [
    "run",
    "-A",
    ...locked,
    "--no-check",
    `${root}tests/e2e/support/stranger.ts`,
    api,
    web,
  ];
  const { success, stdout, stderr } = await namespace.command(Deno.execPath(), args).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A namespace for the machine and one for everybody else, with a cable between. */
async function cabled(parts: AsyncDisposableStack) {
  const machine = parts.use(await Namespace.create());
  const elsewhere = parts.use(await Namespace.create());
  const peer = ["peer", "name", "far", "netns", elsewhere.name];
  await machine.ip("link", "add", "near", "type", "veth", ...peer);
  await machine.ip("addr", "add", `${address}/24`, "dev", "near");
  await machine.ip("link", "set", "near", "up");
  await elsewhere.ip("addr", "add", "192.0.2.2/24", "dev", "far");
  await elsewhere.ip("link", "set", "far", "up");
  return { machine, elsewhere };
}

/** The web view on the machine, for whoever reaches it; where it listens. */
async function startView(
  parts: AsyncDisposableStack,
  machine: Namespace,
  bundle: string,
  server: string,
): Promise<string> {
  const args = ["run", "-A", "--no-config", bundle, `--server=${server}`, "--listen=0.0.0.0:0"];
  const child = machine.command(Deno.execPath(), args, {
    env: { MAGLEV_FRONTEND_USER: "ops", MAGLEV_FRONTEND_PASSWORD: "s3cret" },
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const log = new Lines(child.stdout);
  parts.defer(async () => {
    child.kill("SIGKILL");
    await Promise.all([child.status, log.ended]);
  });
  const record = async (msg: string) =>
    JSON.parse(await log.find(msg, (line) => JSON.parse(line).msg === msg));
  await record("maglevd-connected");
  const { addr } = await record("web-listening");
  return `${address}:${String(addr).split(":").at(-1)}`;
}

/** That somebody with a role may call what that covers, and nothing else. */
function assertRole({ calls }: Told, role: Role): void {
  assert.ok(calls.length > 70, String(calls.length));
  for (const [way, method, code] of calls) {
    const isRefused = code === Code.PermissionDenied;
    assert.equal(isRefused, !covers(role, roleOfMethod(method)), `${method} over ${way}: ${code}`);
    if (method.includes("/List")) assert.equal(code, 0, `${method} over ${way}`);
  }
}

Deno.test({
  ...needingNamespaces("the matrix: a stranger in another namespace reads and changes nothing"),
  async fn() {
    await using bundles = await makeBundles();
    await using parts = new AsyncDisposableStack();
    const { machine, elsewhere } = await cabled(parts);
    const daemon = parts.use(
      await Maglevd.startIn(machine.name, bundles.maglevd, config, "--grpc-addr=:0"),
    );
    const { port } = new URL(`http://${daemon.server}`);
    const web = await startView(parts, machine, bundles.frontend, `127.0.0.1:${port}`);
    const stranger = await asked(elsewhere, `${address}:${port}`, web);
    assertRole(stranger, "view");
    const { state, ...steering } = stranger.view;
    assert.equal(state, 200);
    assert.deepEqual(new Set(Object.values(steering)), new Set([401]));
    const refused = stranger.calls.filter(([, , code]) => code === Code.PermissionDenied);
    const steered = refused.map(([, method]) => method.split("/").at(-1));
    assert.ok(steered.includes("ReloadConfig") && steered.includes("Operate"));
    await daemon.log("audit", { result: "PermissionDenied", peer: "192.0.2.2" });
    assert.deepEqual(daemon.entries.filter(({ msg }) => msg === "operator-action"), []);
    // The same from the machine itself is an operator's.
    assertRole(await asked(machine, `127.0.0.1:${port}`, web), "admin");
  },
});
