import assert from "node:assert/strict";
import { TreeCopy } from "../../tools/mutate/tree.ts";
import { mends } from "./support.ts";
import { locked } from "../../tools/programs.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Histories within which each fault has to show. */
const histories = 8;

Deno.test("the simulation finds each fault again when its mend is taken out", async (t) => {
  await using copy = await TreeCopy.of(root);
  for (const { fault, file, mended, without, from } of mends) {
    await t.step(fault, async () => {
      const text = await copy.read(file);
      assert.equal(text.split(mended).length, 2, `${file} has the mend once`);
      const args = ["--from", `${from}`, "--histories", `${histories}`, "--keep"];
      const { success } = await copy.with(
        file,
        text.replace(mended, () => without),
        () =>
          new Deno.Command(Deno.execPath(), {
            args: ["run", "-A", "--no-check", ...locked, "tools/simulate.ts", ...args],
            cwd: copy.root,
            stdout: "null",
            stderr: "null",
          }).output(),
      );
      assert.equal(success, false, `found from seed ${from} on`);
    });
  }
});
