import assert from "node:assert/strict";
import type { H2Field } from "../../lib/h2/mod.ts";
import { refuseHost, refusePage } from "../../lib/web/guard.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";

function from(authority: string, headers: readonly H2Field[]) {
  return { ...memoryRequest({ path: "/", headers }), authority };
}

Deno.test("another name than this machine's is refused, by whichever field it comes", () => {
  const names = new Set(["lb.example.net"]);
  const status = (authority: string, ...host: readonly string[]) =>
    refuseHost(from(authority, host.map((name) => ["host", name])), names)?.status;
  assert.deepEqual(
    [
      ...[status("LB.example.net:9093"), status("", "lb.example.net"), status("192.0.2.1")],
      ...[status("lb.example.net", "evil.example"), status("")],
    ],
    [undefined, undefined, undefined, undefined, undefined],
  );
  assert.deepEqual([status("evil.example"), status("", "evil.example")], [421, 421]);
});

Deno.test("who calls this machine by another name is told by which, however long that is", async () => {
  const said = async (host: string) => {
    const { body } = refuseHost(from(host, []), new Set()) ?? {};
    return new TextDecoder().decode((await Array.fromAsync(body ?? []))[0]);
  };
  assert.match(await said("evil.example"), /^"evil\.example" is neither an address nor a name of/);
  assert.match(await said("x".repeat(200)), /^"x{100}" is neither/);
});

Deno.test("only JSON of the page itself may change something", () => {
  const json: H2Field = ["content-type", "Application/JSON ; charset=utf-8"];
  const status = (...headers: readonly H2Field[]) =>
    refusePage(from("lb.example.net:9093", headers))?.status;
  for (const origin of ["http://lb.example.net:9093", "HTTPS://LB.example.net:9093"]) {
    assert.equal(status(json, ["origin", origin]), undefined, origin);
  }
  const others = [
    ...["", "null", "http://", "lb.example.net:9093", "http://lb.example.net:9093/"],
    ...["http://lb.example.net", "http://evil.example/lb.example.net:9093"],
    ...["xhttp://lb.example.net:9093", "ftp://lb.example.net:9093"],
  ];
  for (const origin of others) assert.equal(status(json, ["origin", origin]), 403, origin);
  assert.equal(status(json), 403);
  const own: H2Field = ["origin", "http://lb.example.net:9093"];
  for (const type of ["", "text/plain", "application/jsonp", "x;application/json"]) {
    assert.equal(status(["content-type", type], own), 415, type);
  }
  // Who says neither who it asks nor where it is from is nobody's page.
  assert.equal(refusePage(from("", [json, ["origin", ""]]))?.status, 403);
});
