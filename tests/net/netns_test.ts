import assert from "node:assert/strict";
import { Engine } from "../../lib/net/mod.ts";
import { netnsPath, NetnsSockets } from "../../lib/net/netns.ts";
import { libc } from "../../lib/net/libc.ts";
import { openDescriptors } from "./descriptors.ts";
import { Namespace, needingNamespaces } from "./namespaces.ts";

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
  ] as const;
  for (const [netns, reason] of expected) {
    assert.deepEqual(sockets.open(netns, AF_INET, SOCK_STREAM, 0), { reason, isOwn: false });
  }
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
