import assert from "node:assert/strict";
import { isListening, NetError, UnixListener } from "../../lib/net/mod.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { openDescriptors } from "./descriptors.ts";

async function withDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-unix-" });
  await Deno.chmod(directory, 0o755);
  try {
    await run(`${directory}/api.sock`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const nothing = () => {};

Deno.test("who connects is known by user and group, before and after it says something", () =>
  withDirectory(async (path) => {
    using listener = UnixListener.open(path, 8, nothing);
    const accepting = listener.accept();
    using first = await Deno.connect({ transport: "unix", path });
    const { fd, peer } = await accepting;
    fd[Symbol.dispose]();
    assert.deepEqual([peer.uid, peer.gid], [Deno.uid(), Deno.gid()]);
    assert.ok(first);
    // It has left before anybody looked.
    (await Deno.connect({ transport: "unix", path })).close();
    const gone = await listener.accept();
    gone.fd[Symbol.dispose]();
    assert.equal(gone.peer.uid, Deno.uid());
  }));

const canSwitch = Deno.uid() === 0 && havePrograms("setpriv", "/usr/bin/python3");
const connectAndWait =
  "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)";

Deno.test(
  needing(canSwitch, "root and setpriv", "all groups of a client are known, however many"),
  () =>
    withDirectory(async (path) => {
      using listener = UnixListener.open(path, 8, () => Deno.chmodSync(path, 0o666));
      for (const count of [0, 1, 64, 65, 1000]) {
        const groups = Array.from({ length: count }, (_, i) => 70_000 + i);
        const also = count === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
        const child = new Deno.Command("setpriv", {
          args: [
            ...["--reuid", "4242", "--regid", "4343", ...also],
            ...["/usr/bin/python3", "-c", connectAndWait, path],
          ],
        }).spawn();
        const { fd, peer } = await listener.accept();
        fd[Symbol.dispose]();
        assert.deepEqual(peer, { uid: 4242, gid: 4343, groups }, String(count));
        await child.status;
      }
    }),
);

Deno.test("nobody can connect before the file is prepared", () =>
  withDirectory(async (path) => {
    let seen: boolean | undefined;
    using listener = UnixListener.open(path, 8, () => seen = isListening(path));
    assert.equal(seen, false);
    assert.equal(isListening(path), true);
    (await listener.accept()).fd[Symbol.dispose]();
    assert.throws(() => UnixListener.open(path, 8, nothing), (error) => {
      return error instanceof NetError && error.code === "EADDRINUSE";
    });
  }));

Deno.test("a socket that could not be prepared does not listen", () =>
  withDirectory((path) => {
    const before = openDescriptors();
    const open = () =>
      UnixListener.open(path, 8, () => {
        throw new Error("no such group");
      });
    assert.throws(open, /^Error: no such group$/);
    assert.equal(isListening(path), false);
    assert.equal(openDescriptors(), before);
    return Promise.resolve();
  }));

Deno.test("whether somebody listens is known from what is left behind, and of nothing", () =>
  withDirectory(async (path) => {
    assert.equal(isListening(path), false);
    UnixListener.open(path, 8, nothing).close();
    assert.equal(isListening(path), false);
    await Deno.remove(path);
    // So many wait that no more may.
    using listener = UnixListener.open(path, 0, nothing);
    using _ = await Deno.connect({ transport: "unix", path });
    assert.equal(isListening(path), true);
    assert.equal(isListening(path), true);
    assert.ok(listener);
  }));

Deno.test("closing wakes who waits, and leaves no descriptor", () =>
  withDirectory(async (path) => {
    const before = openDescriptors();
    const listener = UnixListener.open(path, 8, nothing);
    const waiting = assert.rejects(listener.accept(), Deno.errors.BadResource);
    listener.close();
    listener.close();
    await waiting;
    await assert.rejects(listener.accept(), Deno.errors.BadResource);
    assert.equal(openDescriptors(), before);
  }));
