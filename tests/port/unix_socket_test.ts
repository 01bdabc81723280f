import assert from "node:assert/strict";
import { listenUnix, type SocketRights, usualRights } from "../../lib/port/unix_socket.ts";
import type { Listener } from "../../lib/port/listener.ts";
import { type Clock, FakeClock, systemClock } from "../../lib/time/mod.ts";
import { needing } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { FakeLog } from "./support/fake_log.ts";

import { testSupervisor, uncounted } from "./support/listening.ts";

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-unix-" });
  try {
    await run(directory);
  } finally {
    await Deno.chmod(directory, 0o700);
    await Deno.remove(directory, { recursive: true });
  }
}

function listening(
  path: string,
  rights: SocketRights = usualRights,
  clock: Clock = systemClock,
  log = new FakeLog(),
): Listener {
  return listenUnix({ path }, rights, {
    name: "grpc",
    clock,
    log,
    observer: uncounted,
    supervisor: testSupervisor(log, clock),
    onConn: (conn) => conn.close(),
  });
}

function exists(path: string): boolean {
  return [...Deno.readDirSync(path.replace(/\/[^/]*$/, ""))].some(({ name }) =>
    path.endsWith(`/${name}`)
  );
}

Deno.test("a socket has the permissions that were asked for, and is gone afterwards", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/api.sock`;
    for (const mode of [0o660, 0o600, 0o666]) {
      const listener = listening(path, { mode });
      assert.equal((Deno.statSync(path).mode ?? 0) & 0o7777, mode);
      assert.equal(listener.address, `unix:${path}`);
      await listener.close();
      await listener.close();
      assert.equal(exists(path), false);
    }
  }));

Deno.test(
  needing(Deno.uid() === 0, "root", "a socket has the group that was asked for"),
  () =>
    withDirectory(async (directory) => {
      const path = `${directory}/api.sock`;
      const listener = listening(path, { mode: 0o660, gid: 4343 });
      const { mode, gid, uid } = Deno.statSync(path);
      assert.deepEqual([(mode ?? 0) & 0o7777, gid, uid], [0o660, 4343, Deno.uid()]);
      await listener.close();
    }),
);

Deno.test("what a process has left behind is replaced, what is in use is not", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/api.sock`;
    // Bound, and closed without being removed, as by kill -9.
    const { code } = new Deno.Command("/usr/bin/python3", {
      args: ["-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path],
    }).outputSync();
    assert.deepEqual([code, exists(path)], [0, true]);
    const first = listening(path);
    (await Deno.connect({ transport: "unix", path })).close();
    assert.throws(() => listening(path), {
      name: "ListenError",
      message: `cannot listen on unix:${path} for gRPC: another program listens there`,
    });
    (await Deno.connect({ transport: "unix", path })).close();
    await first.close();
  }));

Deno.test("a file that is no socket is left alone", () =>
  withDirectory((directory) => {
    const path = `${directory}/precious`;
    Deno.writeTextFileSync(path, "text");
    assert.throws(() => listening(path), {
      message:
        `cannot listen on unix:${path} for gRPC: there is a file of that name, which is no socket`,
    });
    Deno.symlinkSync(path, `${directory}/link`);
    assert.throws(() => listening(`${directory}/link`), /which is no socket$/);
    assert.equal(Deno.readTextFileSync(path), "text");
    return Promise.resolve();
  }));

Deno.test("a socket of another that has taken the place stays", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/api.sock`;
    const first = listening(path);
    Deno.renameSync(path, `${directory}/old.sock`);
    const second = listening(path);
    await first.close();
    (await Deno.connect({ transport: "unix", path })).close();
    await second.close();
  }));

Deno.test("a socket that nobody finds any more is made anew, and that is told", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/api.sock`;
    const [clock, log] = [new FakeClock(), new FakeLog()];
    const listener = listening(path, usualRights, clock, log);
    const errors = () => log.records.map(({ attributes }) => attributes.err);
    const lost = `${path} was removed, or another file has taken its place`;
    await clock.advanceAsync(5_000);
    (await Deno.connect({ transport: "unix", path })).close();
    assert.deepEqual(errors(), []);

    Deno.removeSync(path);
    await clock.advanceAsync(4_999);
    assert.deepEqual([exists(path), clock.pending], [false, 1], "it is looked every 5 s");
    await clock.advanceAsync(1);
    await until(() => errors().length === 1);
    await clock.advanceAsync(100);
    (await Deno.connect({ transport: "unix", path })).close();
    assert.deepEqual(errors(), [lost]);

    // One who takes the place keeps it, for as long as it is there.
    Deno.removeSync(path);
    const other = listening(path);
    clock.advance(5_000);
    // It is to begin again. Were time to go on meanwhile, the same failure would be told anew.
    await until(() => clock.pending === 1);
    clock.advance(1_000);
    await until(() => errors().length === 2);
    await other.close();
    await clock.advanceAsync(10_000);
    (await Deno.connect({ transport: "unix", path })).close();
    assert.deepEqual(errors(), [
      lost,
      `cannot listen on unix:${path} for gRPC: another program listens there`,
    ]);
    await listener.close();
    assert.deepEqual([exists(path), clock.pending], [false, 0]);
  }));

Deno.test("a socket that cannot be looked at is not taken for one that is gone", () =>
  withDirectory(async (directory) => {
    const folder = `${directory}/own`;
    Deno.mkdirSync(folder, { mode: 0o750 });
    const path = `${folder}/api.sock`;
    const [clock, log] = [new FakeClock(), new FakeLog()];
    const listener = listening(path, usualRights, clock, log);
    Deno.renameSync(folder, `${directory}/away`);
    Deno.symlinkSync(folder, folder);
    await clock.advanceAsync(5_000);
    Deno.removeSync(folder);
    Deno.renameSync(`${directory}/away`, folder);
    (await Deno.connect({ transport: "unix", path })).close();
    assert.deepEqual(log.records, []);
    await listener.close();
  }));

Deno.test("where everybody may replace the socket there is none", () =>
  withDirectory((directory) => {
    Deno.chmodSync(directory, 0o777);
    const path = `${directory}/api.sock`;
    assert.throws(() => listening(path), {
      message: `cannot listen on unix:${path} for gRPC: everybody may replace files in ` +
        `${directory}: put it elsewhere`,
    });
    Deno.chmodSync(directory, 0o1777);
    return listening(path).close();
  }));

Deno.test("what the system has against a socket is said as it says it", () => {
  assert.throws(() => listening("/proc/self/api.sock"), {
    message: "cannot listen on unix:/proc/self/api.sock for gRPC: no such file or directory",
  });
});

Deno.test("a directory that is not there is said", () =>
  withDirectory((directory) => {
    assert.throws(() => listening(`${directory}/none/api.sock`), {
      message: `cannot listen on unix:${directory}/none/api.sock for gRPC: ` +
        `there is no directory ${directory}/none`,
    });
    return Promise.resolve();
  }));
