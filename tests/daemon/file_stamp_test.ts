import { equal, match, notEqual } from "node:assert/strict";
import { FileStamp } from "../../lib/daemon/file_stamp.ts";

Deno.test("a file that is written again and says the same has not changed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/maglev.yaml`;
    const stamp = new FileStamp(path);
    match(await stamp.now(), /No such file/);
    await Deno.writeTextFile(path, "maglev: {}\n");
    const first = await stamp.now();
    equal(await stamp.now(), first);
    await Deno.writeTextFile(`${path}.new`, "maglev: {}\n");
    await Deno.utime(`${path}.new`, 1, 1);
    await Deno.rename(`${path}.new`, path);
    equal(await stamp.now(), first);
    await Deno.writeTextFile(path, "maglev: {}");
    notEqual(await stamp.now(), first);
    await Deno.writeTextFile(path, "maglev: {}\n");
    equal(await stamp.now(), first);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
