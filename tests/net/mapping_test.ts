import assert from "node:assert/strict";
import { cString, libc } from "../../lib/net/libc.ts";
import { FileDescriptor, mapReadOnly, mapShared, memfd } from "../../lib/net/mod.ts";
import { mapPrivate } from "../../lib/net/mapping.ts";
import { openDescriptors } from "./support/descriptors.ts";

function openReadOnly(path: string): FileDescriptor {
  const fd = libc.open(cString(path), 0o2000000, 0);
  assert.ok(fd >= 0, path);
  return new FileDescriptor(fd);
}

Deno.test("a file that may only be read can be mapped", async () => {
  const path = await Deno.makeTempFile({ prefix: "mgl-map-" });
  await Deno.writeTextFile(path, "segment");
  {
    using file = openReadOnly(path);
    using mapping = mapReadOnly(file);
    assert.equal(mapping.size, 7);
    assert.equal(new TextDecoder().decode(new Uint8Array(mapping.buffer).slice()), "segment");
    assert.throws(() => mapShared(file, 7), {
      name: "NetError",
      message: "map 7 bytes of a file: permission denied",
    });
  }
  await Deno.remove(path);
});

Deno.test("what has no size cannot be mapped, and that is said", () => {
  using socket = new FileDescriptor(libc.socket(1, 1, 0));
  assert.throws(() => mapReadOnly(socket), {
    name: "NetError",
    message: "find the size of the file to map: errno 29",
  });
});

Deno.test("a memory file of no possible size is none", () => {
  const before = openDescriptors();
  assert.throws(() => memfd("segment", -1), {
    name: "NetError",
    message: "size the memory file segment to -1 bytes: invalid argument",
  });
  assert.equal(openDescriptors(), before);
});

Deno.test("a memory file goes to no program that is started", () => {
  using file = memfd("segment", 1);
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${file.number}`);
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? "", 8);
  assert.equal(flags & 0o2000000, 0o2000000);
});

Deno.test("what is not needed any more is not mapped any more", () => {
  using file = memfd("mgl-unmapped", 4096);
  const maps = () => Deno.readTextFileSync("/proc/self/maps").split("memfd:mgl-unmapped").length;
  const mapping = mapShared(file, 4096);
  assert.equal(maps(), 2);
  mapping[Symbol.dispose]();
  assert.equal(maps(), 1);
});

Deno.test("memory of one's own is zero, may be written, and is nobody's after disposal", () => {
  const mapping = mapPrivate(16);
  const bytes = new Uint8Array(mapping.buffer);
  assert.deepEqual(bytes, new Uint8Array(16));
  bytes.fill(7);
  assert.deepEqual(new Uint8Array(mapping.buffer), new Uint8Array(16).fill(7));
  mapping[Symbol.dispose]();
  mapping[Symbol.dispose]();
  assert.equal(bytes.length, 0);
});

Deno.test("memory that there is no room for is said so", () => {
  assert.throws(() => mapPrivate(2 ** 52), {
    name: "NetError",
    message: "map 4503599627370496 bytes of memory: out of memory",
  });
});
