import { deepEqual, equal, ok } from "node:assert/strict";
import { root } from "../../tools/programs.ts";

interface Lock {
  readonly npm: Readonly<
    Record<string, { readonly integrity: string; readonly scripts?: boolean }>
  >;
}

const read = async (name: string): Promise<Lock> =>
  JSON.parse(await Deno.readTextFile(root + name));
const runtime = await read("runtime.lock");
const whole = await read("deno.lock");

/** `@scope/name` of `@scope/name@1.0.0_peer@2.0.0`. */
function nameOf(key: string): string {
  return key.slice(0, key.indexOf("@", 1));
}

Deno.test("what the programs are made of is locked once, and without build scripts", () => {
  for (const [key, entry] of Object.entries(runtime.npm)) {
    equal(whole.npm[key]?.integrity, entry.integrity, key);
    equal(entry.scripts, undefined, key);
  }
  ok(Object.keys(whole.npm).length > Object.keys(runtime.npm).length);
});

/** A registry that notes what it is asked for, and has one version of everything. */
function startRegistry() {
  const asked = new Set<string>();
  const versions = new Map(
    Object.entries(whole.npm).map(([key, { integrity }]) => {
      const version = key.slice(nameOf(key).length + 1).split("_")[0] ?? "";
      return [nameOf(key), { version, integrity }];
    }),
  );
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const name = decodeURIComponent(new URL(url).pathname.slice(1));
    const found = versions.get(name);
    if (!found) return new Response(null, { status: 404 });
    asked.add(name);
    const { version, integrity } = found;
    const dist = { tarball: `${new URL(url).origin}/nothing.tgz`, integrity };
    return Response.json({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { name, version, dist } },
    });
  });
  return { asked, server, url: `http://127.0.0.1:${server.addr.port}` };
}

for (const task of ["demo", "maglevd", "maglevc", "compile"]) {
  Deno.test(`deno task ${task} on a new machine fetches nothing of the tests'`, async () => {
    const { asked, server, url } = startRegistry();
    const folder = await Deno.makeTempDir();
    try {
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: ["task", task, "--version"],
        cwd: root,
        env: { DENO_DIR: folder, NPM_CONFIG_REGISTRY: url, NO_COLOR: "1" },
        stdout: "null",
        stderr: "null",
      }).output();
      // There is nothing behind the names.
      equal(success, false);
      const own = new Set(Object.keys(runtime.npm).map(nameOf));
      ok(asked.size > 0);
      deepEqual([...asked].filter((name) => !own.has(name)), []);
    } finally {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
