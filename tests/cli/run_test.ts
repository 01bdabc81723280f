import assert from "node:assert/strict";

Deno.test("standard input that cannot be read is said in one line", async () => {
  const program = new URL("../../cli.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$0" run -A "$1" --server localhost:1 < /', Deno.execPath(), program],
    stdout: "null",
  }).output();
  assert.equal(
    new TextDecoder().decode(stderr),
    "error: cannot read the commands: Is a directory (os error 21)\n",
  );
  assert.equal(code, 1);
});
