import assert from "node:assert/strict";
import { libc } from "../../lib/net/libc.ts";
import { sendUnixDatagram } from "../../lib/net/mod.ts";
import { unixAddress } from "../../lib/net/layout.ts";
import { openDescriptors } from "./support/descriptors.ts";

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK = 0o4002;

/** Receives one datagram at `address` after `send`. */
function receive(address: Uint8Array<ArrayBuffer>, send: () => void): string {
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM_NONBLOCK, 0);
  try {
    assert.equal(libc.bind(fd, address, address.length), 0);
    send();
    const buffer = new Uint8Array(64);
    const length = libc.recv(fd, buffer, 64n, 0);
    return new TextDecoder().decode(buffer.subarray(0, Math.max(0, length)));
  } finally {
    libc.close(fd);
  }
}

const ready = new TextEncoder().encode("READY=1");

Deno.test("a datagram arrives at a path, whole, and leaves nothing open", () => {
  const directory = Deno.makeTempDirSync({ prefix: "mgl-net-" });
  const path = `${directory}/notify`;
  const before = openDescriptors();
  assert.equal(receive(unixAddress(path), () => sendUnixDatagram(path, ready)), "READY=1");
  assert.equal(openDescriptors(), before);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("a leading @ stands for the abstract name space, whose names have no end", () => {
  const name = `@mgl-${Deno.pid}`;
  const address = new Uint8Array([AF_UNIX, 0, ...new TextEncoder().encode(name)]);
  address[2] = 0;
  assert.equal(receive(address, () => sendUnixDatagram(name, ready)), "READY=1");
});

Deno.test("a datagram that cannot be sent says where to and why", () => {
  const before = openDescriptors();
  assert.throws(() => sendUnixDatagram("/nowhere/notify", ready), {
    message: "send to /nowhere/notify: no such file or directory",
    code: "ENOENT",
  });
  assert.equal(openDescriptors(), before);
});

Deno.test("who hears too slowly does not hold up the sender", () => {
  const name = `@mgl-full-${Deno.pid}`;
  const address = new Uint8Array([AF_UNIX, 0, ...new TextEncoder().encode(name)]);
  address[2] = 0;
  receive(address, () => {
    assert.throws(() => {
      for (let i = 0; i < 100_000; i++) sendUnixDatagram(name, ready);
    }, { code: "EAGAIN" });
  });
});

Deno.test("a path of a socket has 1 to 107 bytes, and an end", () => {
  const address = unixAddress("/run/é");
  assert.deepEqual([...address], [1, 0, ...new TextEncoder().encode("/run/é"), 0]);
  assert.equal(unixAddress("x".repeat(107)).length, 110);
  for (const path of ["", "x".repeat(108), "a\0b"]) {
    assert.throws(() => unixAddress(path), /1 to 107 bytes and no NUL/);
  }
});
