import assert from "node:assert/strict";
import {
  historyLimit,
  historyPath,
  loadHistory,
  saveHistory,
  withLine,
} from "../../lib/cli/shell/history.ts";

function environment(variables: Record<string, string>) {
  return { get: (name: string) => variables[name] };
}

Deno.test("history lives in XDG_STATE_HOME, else below the home, else nowhere", () => {
  assert.equal(
    historyPath(environment({ XDG_STATE_HOME: "/s", HOME: "/h" })),
    "/s/maglevc/history",
  );
  assert.equal(historyPath(environment({ HOME: "/h" })), "/h/.local/state/maglevc/history");
  assert.equal(historyPath(environment({})), undefined);
  assert.equal(historyPath(environment({ XDG_STATE_HOME: "relative" })), undefined);
});

Deno.test("repeated lines move to the front, blank and huge ones are not kept", () => {
  assert.deepEqual(withLine(["a", "b"], "b"), ["b", "a"]);
  assert.deepEqual(withLine(["a"], "  "), ["a"]);
  assert.deepEqual(withLine(["a"], "x".repeat(5000)), ["a"]);
});

Deno.test("history is bounded", () => {
  const full = Array.from({ length: historyLimit }, (_, i) => `line ${i}`);
  const more = withLine(full, "one more");
  assert.equal(more.length, historyLimit);
  assert.equal(more[0], "one more");
});

Deno.test("what was saved is loaded again, readable by the owner only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/deep/maglevc/history`;
    assert.equal(await saveHistory(path, ["new", "old"]), undefined);
    assert.deepEqual(await loadHistory(path), ["new", "old"]);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a history that cannot be read is empty, one that cannot be written says why", async () => {
  assert.deepEqual(await loadHistory("/proc/no/such/file"), []);
  assert.match(
    await saveHistory("/proc/nowhere/history", ["x"]) ?? "",
    /^cannot save the history to \/proc\/nowhere\/history: /,
  );
});
