import assert from "node:assert/strict";
import { Engine } from "../../lib/net/mod.ts";
import { netnsPath, NetnsSockets, sameNetns } from "../../lib/net/netns.ts";
import { libc } from "../../lib/net/libc.ts";
import { descriptorsOf, openDescriptors } from "./support/descriptors.ts";
import { FatalError } from "../../lib/supervisor/mod.ts";
import { Namespace, needingNamespaces } from "./support/namespaces.ts";

const AF_INET = 2;
const SOCK_STREAM = 1;

Deno.test("a namespace is a name under /run/netns or an absolute path", () => {
  assert.deepEqual(netnsPath("blue"), { path: "/run/netns/blue" });
  assert.deepEqual(netnsPath("/proc/1/ns/net"), { path: "/proc/1/ns/net" });
});

Deno.test("names that would leave the directory are refused", () => {
  for (const name of ["", ".", "..", "../blue", "a/b", "a\0b"]) {
    assert.ok("failure" in netnsPath(name), JSON.stringify(name));
  }
});

Deno.test("why a namespace can't be entered is said", () => {
  using sockets = new NetnsSockets();
  const expected = [
    ["mgl-none", "network namespace mgl-none does not exist"],
    ["a/b", '"a/b" is neither a namespace\'s name nor an absolute path'],
    ["/dev/null", "/dev/null is not a network namespace"],
    ["/dev/null/x", "cannot open network namespace /dev/null/x: not a directory"],
  ] as const;
  for (const [netns, reason] of expected) {
    assert.deepEqual(sockets.open(netns, AF_INET, SOCK_STREAM, 0), { reason, isOwn: false });
  }
});

Deno.test("a namespace is known by its file's number and device", () => {
  using sockets = new NetnsSockets();
  for (const path of [Deno.execPath(), "/proc/self/ns/net", "/dev/null"]) {
    const { dev, ino } = Deno.statSync(path);
    // makedev(3): 12 bits of the major number between 8 and 12 of the minor one.
    const [major, minor] = [dev >> 8 & 0xfff, dev & 0xff | dev >> 12 & 0xfff00];
    assert.deepEqual(sockets.identity(path), { inode: ino, major, minor });
  }
  assert.equal(sockets.identity("/nowhere"), undefined);
  assert.equal(sockets.identity("a/b"), undefined);
});

Deno.test("namespaces are the same if all their numbers are, and if there is none", () => {
  const one = { inode: 7, major: 0, minor: 4 };
  assert.equal(sameNetns(one, { ...one }), true);
  assert.equal(sameNetns(undefined, undefined), true);
  for (const part of ["inode", "major", "minor"] as const) {
    const other = { ...one, [part]: 9 };
    assert.equal(sameNetns(one, other), false, part);
    assert.equal(sameNetns(other, one), false, part);
    const two = { inode: 8, major: 8, minor: 8, [part]: one[part] };
    assert.equal(sameNetns(one, two), false, part);
  }
  assert.equal(sameNetns(one, undefined), false);
  assert.equal(sameNetns(undefined, one), false);
});

/** Sockets whose ways in and out succeed (0) or not, as told, and how often they were tried. */
class Ways extends NetnsSockets {
  readonly tried: number[];

  constructor(...results: number[]) {
    const tried: number[] = [];
    super((fd) => {
      tried.push(fd);
      return results.shift() ?? 0;
    });
    this.tried = tried;
  }
}

const here = "/proc/self/ns/net";

Deno.test("the way home is tried three times, and is the same for all", () => {
  using sockets = new Ways(0, -1, -1, 0, 0, 0);
  const before = openDescriptors();
  const fds = [0, 0].map(() => sockets.open(here, AF_INET, SOCK_STREAM, 0));
  assert.equal(sockets.tried.length, 6);
  const [, first, second, third, , fourth] = sockets.tried;
  assert.ok(first === second && second === third && third === fourth);
  for (const fd of fds) libc.close(Number(fd));
  assert.equal(openDescriptors(), before + 1);
  sockets[Symbol.dispose]();
  assert.equal(openDescriptors(), before);
  // The way home is found anew.
  libc.close(Number(sockets.open(here, AF_INET, SOCK_STREAM, 0)));
  assert.equal(openDescriptors(), before + 1);
});

Deno.test("the way home is not inherited by programs that are started", () => {
  using sockets = new Ways(-1);
  const [home] = descriptorsOf(() => sockets.open(here, AF_INET, SOCK_STREAM, 0));
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${home}`);
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "", 8);
  assert.equal(flags & 0o2000000, 0o2000000);
});

Deno.test("a namespace that cannot be left is the end, and leaves no socket there", () => {
  using sockets = new Ways(0, -1, -1, -1);
  sockets.open("/nowhere", AF_INET, SOCK_STREAM, 0);
  const before = openDescriptors();
  assert.throws(
    () => sockets.open(here, AF_INET, SOCK_STREAM, 0),
    (error) =>
      error instanceof FatalError && error.message.startsWith(
        "cannot return from network namespace /proc/self/ns/net to the daemon's own: ",
      ),
  );
  assert.equal(sockets.tried.length, 4);
  assert.equal(openDescriptors(), before);
});

Deno.test("a socket that is not to be had elsewhere does not keep the thread there", () => {
  using sockets = new Ways();
  assert.deepEqual(sockets.open(here, AF_INET, 99, 0), {
    reason: "open a socket: invalid argument",
    isOwn: false,
  });
  assert.equal(sockets.tried.length, 2);
});

Deno.test("who is not let in stays where it is", () => {
  using sockets = new Ways(-1);
  const before = openDescriptors();
  assert.ok(typeof sockets.open(here, AF_INET, SOCK_STREAM, 0) === "object");
  assert.equal(sockets.tried.length, 1);
  assert.equal(openDescriptors(), before + 1);
});

Deno.test("who may not enter a namespace is told what is missing", () => {
  const epoll = libc.epoll_create1(0);
  // EPERM: what cannot be waited for cannot be added.
  using sockets = new NetnsSockets((fd) => libc.epoll_ctl(epoll, 1, fd, new Uint8Array(16)));
  assert.deepEqual(sockets.open(here, AF_INET, SOCK_STREAM, 0), {
    reason: `CAP_SYS_ADMIN is missing: cannot enter netns ${here}`,
    isOwn: false,
  });
  libc.close(epoll);
});

Deno.test({
  ...needingNamespaces("making sockets elsewhere leaves this thread at home and nothing open"),
  fn: async () => {
    await using namespace = await Namespace.create();
    const home = Deno.readLinkSync("/proc/thread-self/ns/net");
    const before = openDescriptors();
    {
      using sockets = new NetnsSockets();
      for (let i = 0; i < 100; i++) {
        const fd = sockets.open(namespace.name, AF_INET, SOCK_STREAM, 0);
        assert.equal(typeof fd, "number");
        libc.close(Number(fd));
      }
    }
    assert.equal(openDescriptors(), before);
    assert.equal(Deno.readLinkSync("/proc/thread-self/ns/net"), home);
  },
});

Deno.test({
  ...needingNamespaces("a namespace made again under its name is told from the old one"),
  fn: async () => {
    await using namespace = await Namespace.create();
    await using engine = new Engine();
    using sockets = new NetnsSockets();
    const before = engine.netnsIdentity(namespace.name);
    assert.ok(before);
    assert.deepEqual(engine.netnsIdentity(namespace.name), before);
    const fd = Number(sockets.open(namespace.name, AF_INET, SOCK_STREAM, 0));
    await namespace.remove();
    assert.equal(engine.netnsIdentity(namespace.name), undefined);
    await namespace.make();
    assert.notDeepEqual(engine.netnsIdentity(namespace.name), before);
    libc.close(fd);
  },
});
