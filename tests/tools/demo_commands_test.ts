import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { denoCommand } from "../../tools/demo/commands.ts";
import { expectNobody, firstFree } from "../../tools/demo/ports.ts";

/** A folder with these programs in it, and the PATH that begins with it. */
async function withPrograms<T>(names: readonly string[], use: (folder: string) => T): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of names) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, "");
    }
    return use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function commandFor(path: string): string {
  return denoCommand(new Map([["PATH", path]]), "/opt/deno");
}

const npx = `npx -y deno@${Deno.version.deno}`;

Deno.test("the demo names Deno by the PATH that another terminal has", async () => {
  await withPrograms(["deno", "npx"], (bin) => equal(commandFor(`/nowhere:${bin}`), "deno"));
  await withPrograms(["npx"], (bin) => equal(commandFor(bin), npx));
  await withPrograms([], (bin) => equal(commandFor(bin), "/opt/deno"));
});

Deno.test("what npx puts on the PATH of its own is not taken for everybody's", async () => {
  const bin = "_npx/7a40be787520bede/node_modules/.bin";
  await withPrograms([`${bin}/deno`, "bin/npx"], (home) => {
    equal(commandFor(`${home}/${bin}:${home}/bin`), npx);
    equal(commandFor(`${home}/${bin}`), "/opt/deno");
  });
});

const taken = new Deno.errors.AddrInUse("taken");

Deno.test("the first port is taken that can be bound, without a look before", async () => {
  const tried: number[] = [];
  const port = await firstFree(4711, (port) => {
    tried.push(port);
    return port < 4713 ? Promise.reject(taken) : port;
  });
  equal(port, 4713);
  deepEqual(tried, [4711, 4712, 4713]);
  await rejects(firstFree(1, () => Promise.reject(taken)), {
    message: "ports 1 to 20 are all in use",
  });
  await rejects(firstFree(1, () => Promise.reject(new TypeError("other"))), { message: "other" });
});

Deno.test("nobody is expected where an address family is missing", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  throws(() => expectNobody("127.0.0.1", listener.addr.port), Deno.errors.AddrInUse);
  // No machine has this address, as one without IPv6 has none at all.
  expectNobody("2001:db8::1", listener.addr.port);
});
