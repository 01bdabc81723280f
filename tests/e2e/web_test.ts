import assert from "node:assert/strict";
import { closedFlags, programs } from "../../tools/programs.ts";
import { authFile, authText, loginOf } from "../web/support/people.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { ignores, Lines } from "./support/process.ts";

const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.57" }] });

function permissionsOf(name: string): readonly string[] {
  return [...programs.find((each) => each.name === name)?.permissions ?? [], ...closedFlags];
}

/** maglevd-frontend with the permissions that are shipped, until the test is done with it. */
function startFrontend(bundle: string, args: readonly string[], env = {}) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissionsOf("maglevd-frontend"), bundle, "--listen=127.0.0.1:0", ...args],
    env,
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [log, errors] = [new Lines(process.stdout), new Lines(process.stderr)];
  return {
    process,
    errors,
    /** The first record of this name. */
    async log(msg: string): Promise<Record<string, unknown>> {
      return JSON.parse(await log.find(msg, (line) => JSON.parse(line).msg === msg));
    },
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGKILL");
      } catch (error) {
        // It has ended already.
        if (!(error instanceof TypeError)) throw error;
      }
      await Promise.all([process.status, log.ended, errors.ended]);
    },
  };
}

Deno.test("the bundle serves its page, and what a socket tells, with the permissions that are shipped", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir({ prefix: "maglevd-web-" });
  const path = `${folder}/api.sock`;
  try {
    const flags = [`--grpc-addr=unix:${path}`, "--grpc-socket-mode=600"];
    await using daemon = await Maglevd.startWith(
      permissionsOf("maglevd"),
      bundles.maglevd,
      config,
      ...flags,
    );
    assert.ok(daemon);
    await using web = startFrontend(bundles.frontend, [`--server=unix:${path}`]);
    const { addr } = await web.log("web-listening");
    await web.log("maglevd-connected");
    assert.equal(ignores(web.process.pid, 10), true, "SIGUSR1 would open a debugger");
    const url = `http://${addr}/view`;
    const page = await (await fetch(`${url}/`)).text();
    const [, script = ""] = /<script type="module" src="([^"]+)">/.exec(page) ?? [];
    const [, style = ""] = /<link rel="stylesheet" href="([^"]+)">/.exec(page) ?? [];
    assert.match(script, /^\/view\/app\.js\?v=[0-9a-f]{16}$/);
    assert.match(style, /^\/view\/app\.css\?v=[0-9a-f]{16}$/);
    for (
      const [file, what] of [[script, /maglev_scope/], [style, /prefers-color-scheme/]] as const
    ) {
      const answer = await fetch(new URL(file, url));
      assert.match(answer.headers.get("cache-control") ?? "", /immutable/);
      assert.match(await answer.text(), what);
    }
    const server = encodeURIComponent(`unix:${path}`);
    const backend = await (await fetch(`${url}/api/backend?server=${server}&name=one`)).json();
    assert.equal(backend.backend.address, "127.0.0.57");
    web.process.kill("SIGHUP");
    await web.log("reloaded");
    web.process.kill("SIGTERM");
    assert.equal((await web.log("stopping")).why, "SIGTERM");
    assert.equal((await web.process.status).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("roles of a file are in force from the start, read again by SIGHUP, and nothing without", async () => {
  await using bundles = await makeBundles();
  await using file = await authFile(authText());
  const args = ["--server=127.0.0.1:1", `--auth=${file.path}`];
  {
    await using web = startFrontend(bundles.frontend, args);
    const { addr } = await web.log("web-listening");
    const statusOf = async (headers: Record<string, string>) => {
      const answer = await fetch(`http://${addr}/view/`, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.deepEqual([await statusOf({}), await statusOf(loginOf("vera"))], [401, 200]);
    await file.write("auth: {");
    web.process.kill("SIGHUP");
    await web.log("auth-reload-failed");
    assert.equal(await statusOf(loginOf("vera")), 200);
    await file.write(authText({ ada: "admin" }));
    web.process.kill("SIGHUP");
    await web.log("auth-reloaded");
    assert.deepEqual([await statusOf(loginOf("vera")), await statusOf(loginOf("ada"))], [401, 200]);
    await using sound = startFrontend(bundles.frontend, [...args, "--check"]);
    assert.equal((await sound.process.status).code, 0);
    await file.write("auth: {");
  }
  for (const asked of [args, [...args, "--check"]]) {
    await using web = startFrontend(bundles.frontend, asked);
    const said = await web.errors.find("what is wrong", (line) => line.includes("auth.yaml:1"));
    assert.match(said, /^maglevd-frontend: /);
    assert.equal((await web.process.status).code, 2);
  }
});

Deno.test("the service manager is told when it serves, which maglevds are heard, and why it ends", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir({ prefix: "maglevd-web-" });
  const path = `${folder}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const next = async () => new TextDecoder().decode((await socket.receive())[0]);
  const until = async (wanted: string) => {
    while (await next() !== wanted);
  };
  try {
    const servers = `--server=unix:${folder}/api.sock,unix:${folder}/other.sock`;
    await using web = startFrontend(bundles.frontend, [servers], { NOTIFY_SOCKET: path });
    await web.log("web-listening");
    const [api, other] = ["api", "other"].map((name) => `unix:${folder}/${name}.sock`);
    // It serves before any maglevd is heard.
    await until(`READY=1\nSTATUS=0 of 2 maglevds heard; not: ${api}, ${other}`);
    const flags = [`--grpc-addr=${api}`, "--grpc-socket-mode=600"];
    await using daemon = await Maglevd.startWith(
      permissionsOf("maglevd"),
      bundles.maglevd,
      config,
      ...flags,
    );
    assert.ok(daemon);
    await until(`STATUS=1 of 2 maglevds heard; not: ${other}`);
    web.process.kill("SIGTERM");
    await until("STOPPING=1\nSTATUS=ended: SIGTERM");
    assert.equal((await web.process.status).code, 0);
  } finally {
    socket.close();
    await Deno.remove(folder, { recursive: true });
  }
});
