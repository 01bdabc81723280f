import { deepEqual } from "node:assert/strict";
import { runDeno } from "../../tools/gate/process.ts";

Deno.test("a child tells how it ended, also when it is killed and cannot say so itself", async () => {
  deepEqual(await runDeno(["eval", "console.log(1)"]), { ok: true, output: "1\n" });
  deepEqual(await runDeno(["eval", "console.log(1); Deno.exit(3)"]), { ok: false, output: "1\n" });
  deepEqual(
    await runDeno(["eval", 'console.log(1); Deno.kill(Deno.pid, "SIGKILL")']),
    { ok: false, output: "1\n\nended by SIGKILL\n" },
  );
});
