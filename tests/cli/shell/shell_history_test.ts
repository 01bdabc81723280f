import assert from "node:assert/strict";
import {
  addToHistory,
  historyLimit,
  historyPath,
  loadHistory,
} from "../../../lib/cli/shell/shell.ts";

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

async function withPath(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/deep/maglevc/history`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what was added is loaded again, newest first, each line once", () =>
  withPath(async (path) => {
    for (const line of ["a", "b", "  ", "a", "x".repeat(5000)]) {
      assert.equal(await addToHistory(path, line), undefined);
    }
    assert.deepEqual(await loadHistory(path), ["a", "b"]);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("lines of two shells at once are all kept", () =>
  withPath(async (path) => {
    // Each has loaded what was there when it began, and adds what is typed into it.
    const shell = (name: string) => async () => {
      await loadHistory(path);
      for (let i = 0; i < 50; i++) await addToHistory(path, `${name} ${i}`);
    };
    await Promise.all([shell("one")(), shell("two")()]);
    assert.equal((await loadHistory(path)).length, 100);
  }));

Deno.test("history is bounded, and a file that has grown long is written anew", () =>
  withPath(async (path) => {
    await addToHistory(path, "first");
    const count = 2 * historyLimit;
    const lines = Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");
    await Deno.writeTextFile(path, lines, { append: true });
    const history = await loadHistory(path);
    assert.equal(history.length, historyLimit);
    assert.equal(history[0], `line ${count - 1}`);
    assert.equal((await Deno.readTextFile(path)).split("\n").length, historyLimit + 1);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("a history that cannot be written anew is read all the same", () =>
  withPath(async (path) => {
    await addToHistory(path, "first");
    const lines = Array.from({ length: 2 * historyLimit }, (_, i) => `line ${i}\n`).join("");
    await Deno.writeTextFile(path, lines, { append: true });
    // Stands where the new file would be written.
    await Deno.mkdir(`${path}.${Deno.pid}`);
    assert.equal((await loadHistory(path)).length, historyLimit);
  }));

Deno.test("lines that are very long are not kept", () =>
  withPath(async (path) => {
    for (const length of [4_097, 4_096]) await addToHistory(path, "x".repeat(length));
    assert.deepEqual((await loadHistory(path)).map(({ length }) => length), [4_096]);
  }));

Deno.test("a history that cannot be read is empty, one that cannot be written says why", async () => {
  assert.deepEqual(await loadHistory("/proc/no/such/file"), []);
  assert.match(
    await addToHistory("/proc/nowhere/history", "x") ?? "",
    /^cannot save the history to \/proc\/nowhere\/history: /,
  );
});
