import assert from "node:assert/strict";
import { fileName, Store } from "../../lib/state/store.ts";
import { walDamage } from "../../lib/state/wal.ts";
import { backend, batch } from "./support/fixtures.ts";

/** A folder as a killed process leaves it: all that was written still waits in the log. */
async function withKilled(
  work: (path: string, open: () => { names: string[]; troubles: string[] }) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-wal-test-" });
  try {
    Deno.mkdirSync(`${folder}/killed`);
    const path = `${folder}/killed/${fileName}`;
    using running = new Store(`${folder}/running`, Date.now);
    running.open();
    running.write(batch({ backends: [backend("a")] }));
    for (const suffix of ["", "-wal"]) {
      Deno.copyFileSync(`${folder}/running/${fileName}${suffix}`, `${path}${suffix}`);
    }
    work(path, () => {
      using store = new Store(`${folder}/killed`, () => 0);
      const { state, isWritable, troubles } = store.open();
      assert.equal(isWritable, true);
      assert.deepEqual(store.write(batch({ backends: [backend("z")] })), { kind: "kept" });
      return {
        names: state.backends.map(({ name }) => name),
        troubles: troubles.map(({ text }) => text),
      };
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what a killed process left is worked in, whatever is missing at its end", async () => {
  await withKilled((path, open) => {
    assert.equal(walDamage(path), undefined);
    assert.deepEqual(open(), { names: ["a"], troubles: [] });
    assert.equal(walDamage(path), undefined, "nor is there any after that");
  });
  await withKilled((path, open) => {
    Deno.truncateSync(`${path}-wal`, Deno.statSync(`${path}-wal`).size - 1);
    assert.deepEqual(open(), { names: [], troubles: [] });
  });
  await withKilled((path, open) => {
    Deno.truncateSync(`${path}-wal`, 32);
    assert.equal(walDamage(path), undefined, "nothing was in it");
    const octets = Deno.readFileSync(`${path}-wal`);
    octets[4] = 0xff;
    Deno.writeFileSync(`${path}-wal`, octets);
    assert.equal(walDamage(path), undefined, "whatever its header says");
    assert.deepEqual(open().troubles, []);
  });
});

Deno.test("what cannot be looked at is not said to be damaged", async () => {
  await withKilled((path) => {
    Deno.renameSync(path, `${path}.old`);
    Deno.symlinkSync(path, path);
    assert.throws(() => walDamage(path), /symbolic links/);
  });
  await withKilled((path) => {
    Deno.removeSync(`${path}-wal`);
    Deno.symlinkSync(`${path}-wal`, `${path}-wal`);
    assert.throws(() => walDamage(path), /symbolic links/);
  });
});

Deno.test("a file that holds anything is one that a log may belong to", async () => {
  await withKilled((path) => {
    Deno.truncateSync(path, 1);
    assert.equal(walDamage(path), undefined);
    Deno.truncateSync(path, 0);
    assert.equal(walDamage(path), "the file that it belongs to is gone or empty");
  });
});

Deno.test("wherever the header of a log is spoilt, what is lost is said and moved aside", async () => {
  for (let at = 0; at < 32; at++) {
    await withKilled((path, open) => {
      const octets = Deno.readFileSync(`${path}-wal`);
      octets[at] = (octets[at] ?? 0) ^ 0x40;
      Deno.writeFileSync(`${path}-wal`, octets);
      const { troubles } = open();
      const aside = `${path}-wal.damaged-1970-01-01T000000000Z`;
      assert.deepEqual(troubles, [
        `${path}-wal was damaged (its header is spoilt) and is now ${aside}: the latest changes ` +
        "are lost, and what operators said last may be too",
      ], `octet ${at}`);
      assert.deepEqual(Deno.readFileSync(aside), octets);
    });
  }
});

Deno.test("a log whose file is gone or empty is no log of another file", async () => {
  for (const spoil of [Deno.removeSync, (path: string) => Deno.truncateSync(path)]) {
    await withKilled((path, open) => {
      spoil(path);
      const { names, troubles } = open();
      assert.deepEqual(names, []);
      assert.match(troubles.join(), /the file that it belongs to is gone or empty.*are lost/);
      assert.deepEqual(open(), { names: ["z"], troubles: [] });
    });
  }
});
