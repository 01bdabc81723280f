import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Store } from "../../lib/state/store.ts";
import { needing } from "../support/programs.ts";
import { backend, batch } from "./support/fixtures.ts";

const isRoot = Deno.uid() === 0;

/** Runs `work` on a small disk of its own. */
async function onSmallDisk(
  work: (folder: string, remount: (how: string) => void) => void,
  size = "400k",
) {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-disk-" });
  const mount = (...args: string[]) => {
    const { success, stderr } = new Deno.Command("mount", { args }).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder);
  try {
    work(folder, (how) => mount("-o", `remount,${how}`, folder));
  } finally {
    // Also where a file on it is still open, since a test has failed.
    new Deno.Command("umount", { args: ["--lazy", folder] }).outputSync();
    await Deno.remove(folder, { recursive: true });
  }
}

/** So many backends, each of which takes some space. */
const many = (count: number, since: number) =>
  Array.from({ length: count }, (_, i) => backend(`web${i}`, { since, target: "x".repeat(150) }));

Deno.test(
  needing(
    isRoot,
    "root",
    "a full disk is said, keeps what it has, and is written to when it can be",
  ),
  () =>
    onSmallDisk((folder) => {
      using store = new Store(`${folder}/state`, Date.now);
      assert.equal(store.open().isWritable, true);
      assert.equal(store.write(batch({ aliveAt: 1, backends: many(50, 1) })).kind, "kept");
      Deno.writeFileSync(
        `${folder}/other`,
        new Uint8Array(400 * 1024).subarray(0, freeBytes(folder)),
      );
      const full = store.write(batch({ aliveAt: 2, backends: many(900, 2) }));
      assert.equal(full.kind, "failed");
      assert.match(full.kind === "failed" ? full.reason : "", /full|I\/O/);
      Deno.removeSync(`${folder}/other`);
      assert.deepEqual(store.write(batch({ aliveAt: 3, backends: many(60, 3) })), { kind: "kept" });
      store[Symbol.dispose]();
      using next = new Store(`${folder}/state`, Date.now);
      const { state, troubles } = next.open();
      assert.deepEqual([state.backends.length, state.aliveAt, troubles], [60, 3, []]);
    }),
);

Deno.test(
  needing(isRoot, "root", "a disk that is hardly larger than the state heals, and stays well"),
  () =>
    onSmallDisk((folder) => {
      using store = new Store(`${folder}/state`, Date.now);
      store.open();
      let aliveAt = 0;
      const write = () => store.write(batch({ aliveAt: ++aliveAt, backends: many(20, aliveAt) }));
      for (let i = 0; i < 50; i++) assert.deepEqual(write(), { kind: "kept" }, `batch ${i}`);
      Deno.writeFileSync(`${folder}/other`, new Uint8Array(freeBytes(folder)));
      for (let i = 0; i < 50; i++) write();
      Deno.removeSync(`${folder}/other`);
      for (let i = 0; i < 50; i++) assert.deepEqual(write(), { kind: "kept" }, `after, ${i}`);
    }, "256k"),
);

Deno.test(
  needing(
    isRoot,
    "root",
    "a read-only disk is read, with what a killed process left, and said to be",
  ),
  () =>
    onSmallDisk((folder, remount) => {
      using store = new Store(`${folder}/state`, Date.now);
      store.open();
      store.write(batch({ aliveAt: 1, backends: many(5, 1) }));
      Deno.mkdirSync(`${folder}/killed`);
      // As they are now, with the last change beside the file and not in it.
      for (const suffix of ["", "-wal"]) {
        Deno.copyFileSync(
          `${folder}/state/state.db${suffix}`,
          `${folder}/killed/state.db${suffix}`,
        );
      }
      store[Symbol.dispose]();
      remount("ro");
      using next = new Store(`${folder}/killed`, Date.now);
      const { state, isWritable, troubles } = next.open();
      assert.deepEqual([state.backends.length, state.aliveAt, isWritable], [5, 1, false]);
      assert.match(troubles[0]?.text ?? "", /cannot be written: .*: nothing will be kept/);
      assert.equal(next.write(batch({})).kind, "failed");
      remount("rw");
    }),
);

Deno.test(
  needing(isRoot, "root", "a read-only disk is read where nothing waits beside the file"),
  () =>
    onSmallDisk((folder, remount) => {
      const path = `${folder}/state/state.db`;
      {
        using store = new Store(`${folder}/state`, Date.now);
        store.open();
        store.write(batch({ aliveAt: 1, backends: many(5, 1) }));
      }
      const open = () => {
        remount("ro");
        using next = new Store(`${folder}/state`, Date.now);
        const { state, isWritable, troubles } = next.open();
        remount("rw");
        assert.equal(isWritable, false);
        return `${state.backends.length} ${troubles[0]?.text}`;
      };
      const left = leftBy(() =>
        assert.match(open(), /^5 .*state\.db cannot be written: [^;]*: nothing will be kept$/)
      );
      assert.deepEqual(left, [], "no copy of it stays");
      {
        using older = new DatabaseSync(path);
        older.exec("PRAGMA user_version = 4");
      }
      assert.match(open(), /^0 .*; nor read: it is of version 4: nothing will be kept$/);
      Deno.writeTextFileSync(path, "not at all a database, but long enough".repeat(99));
      assert.match(open(), /^0 .*state\.db was damaged .* cannot be replaced: Read-only/);
    }),
);

/** What some work leaves in the folder for temporary files. */
function leftBy(work: () => void): string[] {
  const [before, own] = [Deno.env.get("TMPDIR"), Deno.makeTempDirSync()];
  Deno.env.set("TMPDIR", own);
  try {
    work();
    return Array.from(Deno.readDirSync(own), ({ name }) => name);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    Deno.removeSync(own, { recursive: true });
  }
}

Deno.test(
  needing(isRoot, "root", "on a read-only disk a file of a size that no state has is left alone"),
  () =>
    onSmallDisk((folder, remount) => {
      using store = new Store(`${folder}/state`, Date.now);
      store.open();
      store.write(batch({ aliveAt: 1, backends: many(5, 1) }));
      store[Symbol.dispose]();
      // Without taking any room.
      Deno.writeFileSync(`${folder}/state/state.db-wal`, new Uint8Array());
      Deno.truncateSync(`${folder}/state/state.db-wal`, 128 * 1024 * 1024 + 1);
      remount("ro");
      using next = new Store(`${folder}/state`, Date.now);
      const { state, isWritable, troubles } = next.open();
      assert.deepEqual([state.backends.length, isWritable], [0, false]);
      assert.match(JSON.stringify(troubles), /state\.db-wal is too big to be copied/);
      remount("rw");
    }),
);

function freeBytes(folder: string): number {
  const { stdout } = new Deno.Command("df", { args: ["--output=avail", "-B1", folder] })
    .outputSync();
  return Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1));
}
