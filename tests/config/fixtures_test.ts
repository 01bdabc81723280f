import assert from "node:assert/strict";
import { checkExitCode, formatOutcome, loadConfig } from "../../lib/config/mod.ts";
import { fixtures } from "./support/fixtures.ts";

Deno.test("each bad file is answered with exactly the text beside it", async (t) => {
  const bad = fixtures("bad");
  assert.ok(bad.length >= 60, `${bad.length} bad files`);
  for (const { name, path } of bad) {
    await t.step(name, async () => {
      const outcome = await loadConfig(path);
      const shown = formatOutcome(outcome).replaceAll(path, `${name}.yaml`);
      assert.equal(`${shown}\n`, await Deno.readTextFile(path.replace(/yaml$/, "txt")));
      const stage = / (parse|semantic) errors?$/.exec(shown)?.[1];
      assert.equal(checkExitCode(outcome), stage === "parse" ? 1 : 2);
    });
  }
});

Deno.test("each warned file is valid, and answered with exactly the text beside it", async (t) => {
  for (const { name, path } of fixtures("warned")) {
    await t.step(name, async () => {
      const outcome = await loadConfig(path);
      const shown = formatOutcome(outcome).replaceAll(path, `${name}.yaml`);
      assert.equal(`${shown}\n`, await Deno.readTextFile(path.replace(/yaml$/, "txt")));
      assert.match(shown, /: warning: [^]*, \d+ warnings?$/);
      assert.equal(checkExitCode(outcome), 0);
    });
  }
});

Deno.test("each bad or warned file has its text, and each text its file", () => {
  for (const folder of ["bad", "warned"] as const) {
    const directory = new URL(`./${folder}/`, import.meta.url);
    const texts = Array.from(Deno.readDirSync(directory), ({ name }) => name)
      .filter((name) => name.endsWith(".txt")).sort();
    assert.deepEqual(texts, fixtures(folder).map(({ name }) => `${name}.txt`));
  }
});

Deno.test("a file that gives no reason for a warning gets none", async () => {
  const files = fixtures("good").filter(({ name }) => name.startsWith("nothing_to_warn_of"));
  assert.equal(files.length, 2);
  for (const { path } of files) {
    assert.match(formatOutcome(await loadConfig(path)), /^[^\n]*: valid: [^\n]*checks?$/);
  }
});

Deno.test("each good file is valid", async (t) => {
  for (const { name, path } of fixtures("good")) {
    await t.step(name, async () => {
      const outcome = await loadConfig(path);
      assert.equal(outcome.kind, "valid", formatOutcome(outcome));
      assert.equal(checkExitCode(outcome), 0);
    });
  }
});
