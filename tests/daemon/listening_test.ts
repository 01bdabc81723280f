import { equal, match, throws } from "node:assert/strict";
import { listening } from "../../lib/daemon/listening.ts";

function listen(hostname: string, port: number) {
  const listener = Deno.listen({ hostname, port });
  return { port: listener.addr.port, close: () => listener.close() };
}

Deno.test("without a host name a server listens on every address", () => {
  const { server, address } = listening("x-addr", { hostname: undefined, port: 0 }, listen);
  match(address, /^(\[::\]|0\.0\.0\.0):\d+$/);
  server.close();
});

Deno.test("a port that is taken is named with its flag", () => {
  const holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = holder.addr;
  throws(() => listening("x-addr", { hostname: "127.0.0.1", port }, listen), {
    message: `cannot listen on 127.0.0.1:${port} (--x-addr): another program listens there already`,
  });
  holder.close();
});

Deno.test("an address of another machine is named as such", () => {
  throws(() => listening("x-addr", { hostname: "192.0.2.77", port: 0 }, listen), {
    message: "cannot listen on 192.0.2.77:0 (--x-addr): this machine has no such address",
  });
});

Deno.test("where there is no IPv6, every address is every IPv4 address", () => {
  const tried: string[] = [];
  const { address } = listening("x-addr", { hostname: undefined, port: 5 }, (hostname, port) => {
    tried.push(hostname);
    if (hostname === "::") throw new Error("Address family not supported by protocol");
    return { port };
  });
  equal(tried.join(" "), ":: 0.0.0.0");
  equal(address, "0.0.0.0:5");
});
