/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

/** A thread whose server floods whoever connects, for half a minute: posts its port. */

const floodMs = 30_000;
const piece = new Uint8Array(1_048_576);

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
postMessage((listener.addr as Deno.NetAddr).port);
for await (const connection of listener) {
  const end = performance.now() + floodMs;
  try {
    while (performance.now() < end) await connection.write(piece);
  } catch {
    // The client has seen enough.
  }
  connection.close();
}
