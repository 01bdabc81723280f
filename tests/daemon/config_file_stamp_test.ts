import { deepEqual, equal, match, notDeepEqual } from "node:assert/strict";
import { FileStamp } from "../../lib/daemon/config_file.ts";

Deno.test("a file that is written again and says the same has not changed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/maglev.yaml`;
    const stamp = new FileStamp(path);
    match((await stamp.now()).unreadable, /^cannot be read: No such file/);
    await Deno.writeTextFile(path, "maglev: {}\n");
    const first = await stamp.now();
    equal(first.unreadable, "");
    deepEqual(await stamp.now(), first);
    await Deno.writeTextFile(`${path}.new`, "maglev: {}\n");
    await Deno.utime(`${path}.new`, 1, 1);
    await Deno.rename(`${path}.new`, path);
    deepEqual(await stamp.now(), first);
    await Deno.writeTextFile(path, "maglev: {}");
    notDeepEqual(await stamp.now(), first);
    await Deno.writeTextFile(path, "maglev: {}\n");
    deepEqual(await stamp.now(), first);
    await Deno.remove(path);
    match((await stamp.now()).unreadable, /^cannot be read: No such file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what cannot be a configuration is told by its size and time, and not waited for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/maglev.yaml`;
    const stamp = new FileStamp(path);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    const pipe = await stamp.now();
    await Deno.remove(path);
    using file = await Deno.create(path);
    await file.truncate(9 * 1024 * 1024);
    const large = await stamp.now();
    notDeepEqual(large, pipe);
    match(large.text, / 9437184 /);
    equal(pipe.unreadable, "is a pipe, not a file");
    match((await stamp.now()).unreadable, /^is larger than /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
