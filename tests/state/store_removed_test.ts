import assert from "node:assert/strict";
import { fileName, Store } from "../../lib/state/store.ts";
import { backend, batch } from "./support/fixtures.ts";

/** A store at work in a folder, to which one batch was written. */
async function withStore(work: (store: Store, folder: string, path: string) => void) {
  const above = await Deno.makeTempDir({ prefix: "maglev-removed-test-" });
  try {
    const folder = `${above}/state`;
    using store = new Store(folder, () => 0);
    assert.deepEqual(store.open().troubles, []);
    assert.deepEqual(store.write(batch({ backends: [backend("a")] })), { kind: "kept" });
    work(store, folder, `${folder}/${fileName}`);
  } finally {
    await Deno.remove(above, { recursive: true });
  }
}

/** Names of the backends that the next maglevd would find. */
function namesIn(folder: string): string[] {
  using store = new Store(folder, () => 0);
  const { state, troubles } = store.open();
  assert.deepEqual(troubles, []);
  return state.backends.map(({ name }) => name);
}

const next = batch({ backends: [backend("b")] });

Deno.test("a file that somebody removes is begun anew, and that is said", async () => {
  const removals = [
    (_: string, path: string) => Deno.removeSync(path),
    (folder: string) => Deno.removeSync(folder, { recursive: true }),
  ];
  for (const remove of removals) {
    await withStore((store, folder, path) => {
      remove(folder, path);
      const text = `${path} was removed by somebody: all that is known is written anew`;
      assert.deepEqual(store.write(next), {
        kind: "emptied",
        troubles: [{ level: "error", text }],
      });
      assert.deepEqual(store.write(next), { kind: "kept" });
      store[Symbol.dispose]();
      assert.deepEqual(namesIn(folder), ["b"]);
      assert.equal((Deno.statSync(folder).mode ?? 0) & 0o777, 0o750);
    });
  }
});

Deno.test("a file that somebody puts in its place is left alone: it may be another's", async () => {
  await withStore((store, folder, path) => {
    Deno.renameSync(path, `${path}.old`);
    Deno.writeTextFileSync(path, "of another");
    const failed = { kind: "failed", reason: "it was replaced by somebody" };
    assert.deepEqual(store.write(next), failed);
    assert.deepEqual(Deno.readTextFileSync(path), "of another");
    Deno.removeSync(path);
    Deno.renameSync(`${path}.old`, path);
    assert.deepEqual(store.write(next), { kind: "kept" });
    store[Symbol.dispose]();
    assert.deepEqual(namesIn(folder), ["a", "b"]);
  });
});

Deno.test("what cannot be begun anew is tried again with each batch", async () => {
  await withStore((store, folder) => {
    Deno.removeSync(folder, { recursive: true });
    Deno.writeTextFileSync(folder, "no directory");
    for (let i = 0; i < 2; i++) {
      const failed = { kind: "failed", reason: "it was removed by somebody" };
      assert.deepEqual(store.write(next), failed);
    }
    Deno.removeSync(folder);
    assert.equal(store.write(next).kind, "emptied");
    assert.deepEqual(store.write(next), { kind: "kept" });
    store[Symbol.dispose]();
    assert.deepEqual(namesIn(folder), ["b"]);
  });
});
