import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { programs } from "../../tools/programs.ts";
import { needing } from "../support/programs.ts";
import { bare, canSandbox, onThrowAwayMachine } from "./support/sandbox.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Copies of the built files alone in a folder, and an empty cache. */
class Portable implements AsyncDisposable {
  static #built: Promise<string> | undefined;

  private constructor(readonly folder: string, readonly cache: string) {}

  static async create(): Promise<Portable> {
    const built = await (Portable.#built ??= build());
    const folder = await Deno.makeTempDir();
    for (const name of ["maglev", ...programs.map(({ name }) => name)]) {
      await Deno.link(`${built}/maglev`, `${folder}/${name}`);
    }
    await Deno.chmod(folder, 0o755);
    return new Portable(folder, await Deno.makeTempDir());
  }

  run(name: string, args: readonly string[], environment: Record<string, string> = {}) {
    return bare(`${this.folder}/${name}`, args, { MAGLEV_CACHE_DIR: this.cache, ...environment });
  }

  /** What was unpacked, by the names of the directories. */
  async copies(): Promise<string[]> {
    return (await names(this.own)).sort();
  }

  /** The one copy that was unpacked. */
  async copy(): Promise<string> {
    const [name, ...others] = await this.copies();
    assert.ok(name !== undefined && others.length === 0);
    return `${this.own}/${name}`;
  }

  /** The user's directory in the cache. */
  get own(): string {
    return `${this.cache}/maglev-${Deno.uid()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
    await Deno.remove(this.cache, { recursive: true });
  }

  /** Removes what was built for the tests of this file. */
  static async clean(): Promise<void> {
    if (Portable.#built) await Deno.remove(await Portable.#built, { recursive: true });
    Portable.#built = undefined;
  }
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

async function build(): Promise<string> {
  const out = await Deno.makeTempDir();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${root}tools/compile.ts`, "--out", out],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return out;
}

function portableTest(
  name: string,
  run: (portable: Portable) => Promise<void>,
  needsRoot = false,
): void {
  const options = needing(canSandbox || !needsRoot, "root and namespaces", name);
  Deno.test(options, async () => {
    await using portable = await Portable.create();
    await run(portable);
  });
}

const config = `
maglev:
  vpp: {lb: {ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1"}}
  healthchecks: {c: {type: tcp, port: 9, interval: 100ms}}
  backends: {b: {address: 127.0.0.1, healthcheck: c}}
  frontends: {f: {address: 198.51.100.1, pools: [{name: p, backends: {b: {}}}]}}
`;

portableTest("the portable file runs with nothing but itself", async (portable) => {
  const { code, stdout, stderr } = await portable.run("maglevc", ["--version"]);
  assert.equal(stderr, "");
  assert.match(stdout, new RegExp(`^maglevc ${deno.version.replaceAll(".", "\\.")} `));
  assert.equal(code, 0);
});

portableTest("exit codes are the program's", async (portable) => {
  const path = `${portable.folder}/bad.yaml`;
  await Deno.writeTextFile(path, "maglev: {unknown: 1}\n");
  assert.equal((await portable.run("maglevd", ["--check", "--config", path])).code, 1);
  await Deno.writeTextFile(path, config);
  const good = await portable.run("maglevd", ["--check", "--config", path]);
  assert.equal(good.code, 0, good.stderr);
});

portableTest("one file is every program, by its name or by the first word", async (portable) => {
  for (const { name } of programs) {
    const { code, stdout } = await portable.run("maglev", [name, "--version"]);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${name} `), stdout);
  }
  const { code, stderr } = await portable.run("maglev", ["--version"]);
  assert.equal(code, 2);
  assert.match(stderr, /^maglev: start it as one of maglevd.* and maglev.*, or name one first/);
});

portableTest("a file that is cut off or damaged says so, and leaves nothing behind", async (p) => {
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

portableTest("five first starts at once all work and leave one copy", async (portable) => {
  const starts = Array.from({ length: 5 }, () => portable.run("maglevc", ["--version"]));
  for (const { code, stderr } of await Promise.all(starts)) assert.equal(code, 0, stderr);
  assert.deepEqual(await names(portable.cache), [`maglev-${Deno.uid()}`]);
  await portable.copy();
});

portableTest("a copy that is not what was unpacked is unpacked anew", async (portable) => {
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

portableTest("only copies that nobody runs from are removed", async (portable) => {
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

portableTest("what somebody else has put in a shared place is not used", async (portable) => {
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
    "chmod 777 /srv/shared; attempt",
  ].join("\n");
  const { stdout, stderr, code } = await onThrowAwayMachine(script, [portable.folder]);
  assert.equal(code, 0, stderr);
  // Each time it went to the home directory: headings, blank lines, .cache and what was planted.
  assert.equal(stdout, "1\n7\n1\n7\n0\n1\n6\n", stderr);
}, true);

portableTest(
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

portableTest("signals reach the program, which is the process that was started", async (p) => {
  const path = `${p.folder}/maglev.yaml`;
  await Deno.writeTextFile(path, config);
  const addresses = ["--grpc-addr=127.0.0.1:0", "--metrics-addr=", "--vpp-api-addr="];
  const process = new Deno.Command(`${p.folder}/maglevd`, {
    args: ["--config", path, ...addresses],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", MAGLEV_CACHE_DIR: p.cache },
    stdout: "piped",
  }).spawn();
  let log = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    if (!log.includes("backend-transition") && (log + text).includes("backend-transition")) {
      assert.equal(await Deno.readTextFile(`/proc/${process.pid}/comm`), "maglevd\n");
      const environment = await Deno.readTextFile(`/proc/${process.pid}/environ`);
      assert.ok(environment.split("\0").includes("DENO_TLS_CA_STORE=system"), environment);
      process.kill("SIGTERM");
    }
    log += text;
  }
  const { code, signal } = await process.status;
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, log);
});

portableTest("a cache that cannot be written or executed from is passed over", async (portable) => {
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
}, true);

portableTest("the pair works together on a machine without Deno, npm or network", async (p) => {
  await Deno.writeTextFile(`${p.folder}/maglev.yaml`, config.replace("port: 9", "port: 9091"));
  const script = [
    `cd ${p.folder}; export HOME=/root`,
    "! command -v deno && ! command -v npm",
    "start() { ./maglevd --config maglev.yaml --vpp-api-addr= --state-dir=/root/state >/tmp/log & }",
    "start",
    "until ./maglevc show backends 2>/dev/null | grep -q L4OK; do kill -0 $!; done",
    "./maglevc set backend b disable --yes | head -n 2",
    "./maglevc show frontends",
    "kill -9 $!; wait $! || start",
    "until ./maglevc show backends b 2>/dev/null | grep -o '^state *disabled'; do kill -0 $!; done",
    "kill $!; wait $!",
  ].join("\n");
  const { stdout, stderr, code } = await onThrowAwayMachine(script, [p.folder]);
  assert.equal(code, 0, stderr);
  assert.equal(
    stdout,
    [
      "backend b is disabled",
      "frontend f goes down: nothing carries its traffic",
      "name  address       protocol  port  state  active pool  up/total",
      "f     198.51.100.1  any        all  down   p                 0/1",
      "state           disabled",
      "",
    ].join("\n"),
  );
}, true);

portableTest("with nowhere to unpack it says what it needs", async (portable) => {
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

Deno.test("the files built for these tests are removed", async () => {
  await Portable.clean();
});
