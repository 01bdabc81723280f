import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { type Piece, portableFile } from "../../tools/compile/portable.ts";
import { programs } from "../../tools/programs.ts";
import { needing } from "../support/programs.ts";
import { Portable } from "./support/portable.ts";
import { canSandbox, onThrowAwayMachine } from "./support/sandbox.ts";

/**
 * A piece that works only as a whole: what it does comes last. Its length and that it says little
 * more than once are what a runtime and a bundle have.
 */
function piece(does: string): Piece {
  const noise = Array.from({ length: 20_000 }, (_, i) => (i * i).toString(36)).join("\n");
  const bytes = new TextEncoder().encode(`#!/bin/sh\n: <<END\n${noise}\nEND\n${does}`);
  return { bytes, compressed: gzipSync(bytes) };
}

/** In place of Deno, whose 96 MB would take most of the time: it has the shell run a program's file. */
const runtime = piece(`
[ "$1" = run ] || { echo "the runtime itself"; exit; }
until [ "\${1%.js}" != "$1" ]; do shift; done
exec sh "$@"
`);

/** The portable file of programs that say their name. */
async function build(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const pieces = programs.map((program) => ({ program, ...piece(`echo "${program.name} 0"\n`) }));
  const file = await portableFile({ version: "0", runtime, programs: pieces });
  await Deno.writeFile(`${folder}/maglev`, file, { mode: 0o755 });
  return folder;
}

function unpackingTest(
  name: string,
  run: (portable: Portable) => Promise<void>,
  needsRoot = false,
): void {
  const options = needing(canSandbox || !needsRoot, "root and namespaces", name);
  Deno.test(options, async () => {
    const folder = await build();
    try {
      await using portable = await Portable.of(folder);
      await run(portable);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

unpackingTest("a file that is cut off or damaged says so, and leaves nothing behind", async (p) => {
  const whole = await Deno.readFile(`${p.folder}/maglev`);
  const harmed = whole.slice();
  const middle = whole.length >> 1;
  harmed.set([0, 1, 2, 3], middle);
  const files = { cut: whole.subarray(0, middle), short: whole.subarray(0, -1), harmed };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.mkdir(`${p.folder}/${name}`);
    const path = `${name}/maglevc`;
    await Deno.writeFile(`${p.folder}/${path}`, bytes, { mode: 0o755 });
    const { code, stderr } = await p.run(path, ["--version"], { HOME: p.cache });
    assert.equal(code, 1, name);
    const file = `${p.folder}/${path}`;
    assert.equal(stderr, `maglevc: ${file} is cut off or damaged: get it again\n`);
    assert.deepEqual(await p.copies(), [], name);
  }
});

unpackingTest("a copy that is not what was unpacked is unpacked anew", async (portable) => {
  await portable.run("maglevc", ["--version"]);
  const copy = await portable.copy();
  const harms: Readonly<Record<string, () => Promise<void>>> = {
    "a runtime cut off": () => Deno.truncate(`${copy}/runtime`, 4096),
    "an empty runtime": () => Deno.truncate(`${copy}/runtime`),
    "a program cut off": () => Deno.truncate(`${copy}/maglevc.js`, 4096),
    "another program": () => Deno.writeTextFile(`${copy}/maglevc.js`, "console.log('mine')"),
    "a missing program": () => Deno.remove(`${copy}/maglevc.js`),
    "another executable": async () => {
      await Deno.remove(`${copy}/maglevc`);
      await Deno.symlink("/bin/echo", `${copy}/maglevc`);
    },
    "no copy at all": () => Deno.remove(copy, { recursive: true }),
    "a copy elsewhere": async () => {
      await Deno.rename(copy, `${portable.cache}/elsewhere`);
      await Deno.symlink(`${portable.cache}/elsewhere`, copy);
    },
  };
  for (const [harm, doHarm] of Object.entries(harms)) {
    await doHarm();
    for (let start = 0; start < 2; start++) {
      const { code, stdout, stderr } = await portable.run("maglevc", ["--version"]);
      assert.equal(code, 0, `${harm}: ${stderr}`);
      assert.match(stdout, /^maglevc /, harm);
    }
    assert.equal(await portable.copy(), copy, harm);
    assert.ok(!(await Deno.lstat(copy)).isSymlink, harm);
  }
});

unpackingTest("only copies that nobody runs from are removed", async (portable) => {
  await portable.run("maglevc", ["--version"]);
  const copy = await portable.copy();
  for (const name of ["used", "former", "unpacking.killed"]) {
    await Deno.mkdir(`${portable.own}/${name}`);
  }
  await Deno.remove(`${copy}/maglevc.js`);
  const holder = new Deno.Command("flock", {
    args: ["-s", `${portable.own}/used`, "sh", "-c", "echo held; cat"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  await portable.run("maglevc", ["--version"]);
  assert.deepEqual(await portable.copies(), [copy.slice(portable.own.length + 1), "used"]);
  await holder.stdin.close();
  await reader.cancel();
  await holder.status;
});

unpackingTest("what somebody else has put in a shared place is not used", async (portable) => {
  const run = "setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin " +
    `HOME=/home/nobody MAGLEV_CACHE_DIR=/srv/shared ${portable.folder}/maglevc --version`;
  const script = [
    `chmod 755 ${portable.folder}; mkdir -p -m 755 /home/nobody; chown 65534 /home/nobody`,
    "mkdir -p -m 1777 /srv/shared /srv/evil",
    `attempt() { ${run} | grep -c ^maglevc; ls -A /home/nobody /srv/evil /srv/shared | wc -l; }`,
    "ln -s /srv/evil /srv/shared/maglev-65534; attempt",
    "rm -rf /home/nobody/.cache /srv/shared/*",
    "mkdir -m 777 /srv/shared/maglev-65534; attempt; ls -A /srv/shared/maglev-65534 | wc -l",
    "rm -rf /home/nobody/.cache /srv/shared/*",
    "chmod 777 /srv/shared; attempt; ls -A /srv/shared | wc -l",
  ].join("\n");
  const { stdout, stderr, code } = await onThrowAwayMachine(script, [portable.folder]);
  assert.equal(code, 0, stderr);
  // Each time it went to the home directory: headings, blank lines, .cache and what was planted.
  assert.equal(stdout, "1\n7\n1\n7\n0\n1\n6\n0\n", stderr);
}, true);

unpackingTest(
  "a copy in a place that has become read-only is used if it is whole",
  async (portable) => {
    const script = [
      `export HOME=/root MAGLEV_CACHE_DIR=${portable.cache}`,
      `cd ${portable.folder}; ./maglevc --version >/dev/null`,
      `touch ${portable.own}/*/runtime`,
      `mount --bind ${portable.cache} ${portable.cache}`,
      `mount -o remount,ro,bind ${portable.cache}`,
      "./maglevc --version; ls -d /root/.cache/maglev-* 2>&1",
    ].join("\n");
    const { stdout } = await onThrowAwayMachine(script, [portable.folder, portable.cache]);
    assert.match(stdout, /^maglevc .*\nls: cannot access/);
  },
  true,
);

unpackingTest(
  "a cache that cannot be written or executed from is passed over",
  async (portable) => {
    const script = [
      `mkdir -p /tmp/noexec && mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp/noexec`,
      `mount -o remount,ro,bind / / 2>/dev/null || true`,
      `cd / && chmod 755 ${portable.folder}`,
      `setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin \\
       HOME=/nonexistent MAGLEV_CACHE_DIR=/tmp/noexec ${portable.folder}/maglevc --version`,
      "find /tmp/noexec -type f | wc -l",
    ].join("\n");
    const { stdout, stderr, code } = await onThrowAwayMachine(script, [portable.folder]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^maglevc .*\n0\n$/);
  },
  true,
);

unpackingTest("with nowhere to unpack it says what it needs", async (portable) => {
  const script = [
    "for d in /tmp /var/tmp /var/cache /run /dev/shm; do mount -t tmpfs -o ro tmpfs $d; done",
    `mkdir -p ${portable.folder} 2>/dev/null || true`,
    `setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin \\
       /opt/maglevc --version || echo "exit $?"`,
  ].join("\n");
  const prepared = `cp ${portable.folder}/maglevc /opt/maglevc\n${script}`;
  const { stdout, stderr } = await onThrowAwayMachine(prepared, [portable.folder]);
  assert.equal(stdout, "exit 1\n", stderr);
  assert.match(stderr, /^maglevc: found no directory to unpack into \(needs \d+ MB, .*\n$/);
}, true);
