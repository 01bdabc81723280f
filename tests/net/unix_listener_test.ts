import assert from "node:assert/strict";
import { FileDescriptor, isListening, NetError, UnixListener } from "../../lib/net/mod.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { settle } from "../support/until.ts";
import { libc } from "../../lib/net/libc.ts";
import { descriptorsOf, openDescriptors } from "./support/descriptors.ts";

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

/** Numbers that are negative to who takes them for signed. */
const [uid, gid, firstGroup] = [4_000_000_042, 4_000_000_043, 3_000_000_000];
const canSwitch = Deno.uid() === 0 && havePrograms("setpriv", "/usr/bin/python3");
const connectAndWait =
  "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)";

Deno.test(
  needing(canSwitch, "root and setpriv", "all groups of a client are known, however many"),
  () =>
    withDirectory(async (path) => {
      using listener = UnixListener.open(path, 8, () => Deno.chmodSync(path, 0o666));
      for (const count of [0, 1, 64, 65, 1000]) {
        const groups = Array.from({ length: count }, (_, i) => firstGroup + i);
        const also = count === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
        const child = new Deno.Command("setpriv", {
          args: [
            ...["--reuid", `${uid}`, "--regid", `${gid}`, ...also],
            ...["/usr/bin/python3", "-c", connectAndWait, path],
          ],
          // It ends when it is let go; this is for one that never gets in.
          signal: AbortSignal.timeout(60_000),
        }).spawn();
        const ended = child.status.then(({ code, signal }) => {
          throw new Error(`the client got nowhere and ended with ${signal ?? code}`);
        });
        const { fd, peer } = await Promise.race([listener.accept(), ended]);
        fd[Symbol.dispose]();
        assert.deepEqual(peer, { uid, gid, groups }, String(count));
        await assert.rejects(ended, /ended with 0$/);
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

Deno.test("a client that was accepted blocks nobody, and goes to no program that is started", () =>
  withDirectory(async (path) => {
    using listener = UnixListener.open(path, 8, nothing);
    using _client = await Deno.connect({ transport: "unix", path });
    const { fd } = await listener.accept();
    assert.equal(flagsOf(fd.number) & flags, flags);
    fd[Symbol.dispose]();
  }));

Deno.test("a listener's two descriptors block nobody, are not inherited, and nobody is woken", () =>
  withDirectory((path) => {
    const listeners: UnixListener[] = [];
    const fds = descriptorsOf(() => listeners.push(UnixListener.open(path, 8, nothing)));
    assert.equal(fds.length, 2);
    for (const fd of fds) assert.equal(flagsOf(fd) & flags, flags);
    const counts = fds.map((fd) => /^eventfd-count:\s*(\w+)$/m.exec(infoOf(fd))?.[1] ?? "none");
    assert.deepEqual(counts.toSorted(), ["0", "none"]);
    for (const listener of listeners) listener[Symbol.dispose]();
    return Promise.resolve();
  }));

const flags = 0o4000 | 0o2000000;

function infoOf(fd: number): string {
  return Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
}

function flagsOf(fd: number): number {
  return Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(infoOf(fd))?.[1] ?? "", 8);
}

Deno.test("closing leaves no descriptor, whether nobody waited yet or not any more", () =>
  withDirectory(async (path) => {
    const before = openDescriptors();
    UnixListener.open(path, 8, nothing).close();
    assert.equal(openDescriptors(), before);
    await Deno.remove(path);
    {
      using listener = UnixListener.open(path, 8, nothing);
      const accepting = listener.accept();
      using _client = await Deno.connect({ transport: "unix", path });
      (await accepting).fd[Symbol.dispose]();
    }
    assert.equal(openDescriptors(), before);
  }));

Deno.test("why nobody can be accepted any more is said", () =>
  withDirectory(async (path) => {
    const listeners: UnixListener[] = [];
    const [number = -1] = descriptorsOf(() => listeners.push(UnixListener.open(path, 8, nothing)));
    libc.close(number);
    for (const listener of listeners) {
      await assert.rejects(listener.accept(), {
        name: "NetError",
        message: "accept a connection: bad file descriptor",
      });
    }
    // Something for the listener to close under that number.
    assert.equal(libc.eventfd(0, 0), number);
    for (const listener of listeners) listener.close();
  }));

Deno.test("a socket that cannot listen is an error", () =>
  withDirectory((path) => {
    // The one that is made first has the lowest number there is.
    const next = libc.eventfd(0, 0);
    libc.close(next);
    assert.throws(() => UnixListener.open(path, 8, () => void libc.close(next)), {
      message: `listen on ${path}: bad file descriptor`,
    });
    return Promise.resolve();
  }));

Deno.test("who cannot be asked whether he listens is an error", () => {
  const before = openDescriptors();
  assert.throws(() => isListening("/dev/null/socket"), {
    name: "NetError",
    message: "connect to /dev/null/socket: not a directory",
  });
  assert.equal(openDescriptors(), before);
});

Deno.test("closing wakes who waits, and leaves no descriptor", () =>
  withDirectory(async (path) => {
    const before = openDescriptors();
    const listener = UnixListener.open(path, 8, nothing);
    const waiting = assert.rejects(listener.accept(), Deno.errors.BadResource);
    listener.close();
    listener.close();
    assert.equal(openDescriptors(), before + 2, "somebody sleeps on them");
    await waiting;
    await assert.rejects(listener.accept(), Deno.errors.BadResource);
    assert.equal(openDescriptors(), before);
  }));

Deno.test("who waits for a client sleeps until one comes", () =>
  withDirectory(async (path) => {
    using listener = UnixListener.open(path, 8, nothing);
    const accepting = listener.accept();
    const { prototype } = FileDescriptor;
    const own = Object.getOwnPropertyDescriptor(prototype, "number");
    assert.ok(own);
    let asked = 0;
    Object.defineProperty(prototype, "number", {
      ...own,
      get(this: FileDescriptor) {
        asked++;
        return own.get?.call(this);
      },
    });
    try {
      await settle();
      assert.equal(asked, 0);
    } finally {
      Object.defineProperty(prototype, "number", own);
    }
    using _client = await Deno.connect({ transport: "unix", path });
    (await accepting).fd[Symbol.dispose]();
  }));
