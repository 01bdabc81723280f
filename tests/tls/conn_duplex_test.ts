import assert from "node:assert/strict";
import { within } from "../support/deadline.ts";
import { ConnDuplex } from "../../lib/tls/conn_duplex.ts";

Deno.test("what is written goes out up to its last octet, however few are taken at a time", async () => {
  const taken: number[] = [];
  const duplex = new ConnDuplex({
    read: () => Promise.resolve(null),
    write: (octets) => {
      const piece = octets.subarray(0, 2);
      taken.push(...piece);
      return Promise.resolve(piece.length);
    },
    close: () => {},
  }, () => true);
  await new Promise((resolve) => duplex.write(new Uint8Array([1, 2, 3, 4, 5]), resolve));
  assert.deepEqual(taken, [1, 2, 3, 4, 5]);
  duplex.destroy();
});

Deno.test("a connection that cannot be read or written breaks the stream", async () => {
  for (const way of ["read", "write"]) {
    const gone = () => Promise.reject(new Error(`no ${way}`));
    const duplex = new ConnDuplex({
      read: way === "read" ? gone : () => Promise.resolve(null),
      write: gone,
      close: () => {},
    }, () => true);
    const broken = new Promise<Error>((resolve) => duplex.once("error", resolve));
    if (way === "read") duplex.resume();
    else duplex.write(new Uint8Array([1]));
    assert.equal((await within(5_000, "an error", broken)).message, `no ${way}`);
  }
});

Deno.test("a connection that cannot be ended breaks the stream", async () => {
  const duplex = new ConnDuplex({
    read: () => Promise.resolve(null),
    write: (octets) => Promise.resolve(octets.length),
    closeWrite: () => Promise.reject(new Error("it is gone")),
    close: () => {},
  }, () => true);
  const broken = new Promise<Error>((resolve) => duplex.once("error", resolve));
  duplex.end();
  assert.equal((await within(5_000, "an error", broken)).message, "it is gone");
});
