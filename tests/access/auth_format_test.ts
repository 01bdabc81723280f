import assert from "node:assert/strict";
import { Accounts, Auth, loadAuth } from "../../lib/access/mod.ts";
import { FileWorker } from "../../lib/config/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { overheard } from "../config/support/workers.ts";
import { FakeLog } from "../port/support/fake_log.ts";

const digestOf = (n: number) => n.toString(16).padStart(64, "0");

/** Entries of all kinds. */
function entries(count: number): string {
  const each = (line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n));
  return [
    "auth:",
    "  anonymous: view",
    "  metrics: view",
    "  unix:",
    ...each((n) => `    - { user: "${1000 + n}", role: view, name: user${n} }`),
    ...each((n) => `    - { group: "${1000 + n}", role: operate }`),
    "  certificates:",
    ...each((n) => `    - { subject: "CN=c${n}", role: operate }`),
    "  tokens:",
    ...each((n) => `    - { name: t${n}, role: admin, sha256: "${digestOf(n)}" }`),
  ].join("\n");
}

Deno.test("a file that is loaded again is parsed by the worker, in slices, as at the start", async () => {
  const path = await Deno.makeTempFile({ prefix: "maglev-auth-" });
  const asked: string[] = [];
  using worker = new FileWorker(systemClock, () => overheard(asked));
  try {
    await Deno.writeTextFile(path, entries(1));
    const auth = await Auth.open(path, { worker, clock: systemClock, log: new FakeLog() });
    if ("problems" in auth) assert.fail(JSON.stringify(auth.problems));
    assert.deepEqual(asked, []);
    await Deno.writeTextFile(path, entries(40));
    await auth.reload();
    const direct = await loadAuth(path, new Accounts(systemClock));
    assert.ok(direct.kind === "valid");
    assert.deepEqual(auth.rules, direct.rules);
    // The general part and 160 entries, of which 128 go at a time.
    assert.deepEqual(asked, ["auth", "more"]);
    for (const broken of ["auth: [", "auth: {}", "\xff"]) {
      await Deno.writeFile(path, Uint8Array.from(broken, (each) => each.charCodeAt(0)));
      const { problems } = await loadAuth(path, new Accounts(systemClock)) as {
        problems: readonly { message: string }[];
      };
      await auth.reload();
      assert.ok(problems.length > 0 && auth.rejected.endsWith(problems.at(-1)?.message ?? "-"));
      assert.deepEqual(auth.rules, direct.rules, "what was in force still is");
    }
    await Deno.remove(path);
    await auth.reload();
    assert.match(auth.rejected, /: cannot be read: No such file/);
  } finally {
    await Deno.remove(path).catch(() => {});
  }
});
