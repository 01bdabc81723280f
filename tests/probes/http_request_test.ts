import assert from "node:assert/strict";
import { ipFromBytes, parseIp } from "../../lib/ip/mod.ts";
import { httpRequest, HttpRequests } from "../../lib/probes/http_request.ts";
import { TargetNotes } from "../../lib/probes/target_notes.ts";
import { httpCheck } from "./support/checks.ts";

const v4 = parseIp("192.0.2.1") ?? ipFromBytes(new Uint8Array(4));
const v6 = parseIp("2001:db8::1") ?? ipFromBytes(new Uint8Array(16));

function hostOf(request: string): string | undefined {
  return /^Host: (.*)\r$/m.exec(request)?.[1];
}

Deno.test("a request is one GET that asks for the connection to be closed", () => {
  assert.equal(
    httpRequest(httpCheck({ port: 80, path: "/health?x=1" }), v4, "maglevd/1.2.3"),
    "GET /health?x=1 HTTP/1.1\r\nHost: 192.0.2.1\r\nUser-Agent: maglevd/1.2.3\r\n" +
      "Accept: */*\r\nConnection: close\r\n\r\n",
  );
});

Deno.test("the Host header is the configured host, else the address, the port when unusual", () => {
  const host = (check: Parameters<typeof httpCheck>[0], address = v4) =>
    hostOf(httpRequest(httpCheck(check), address, "1"));
  assert.equal(host({ host: "www.example.net", port: 8080 }), "www.example.net");
  assert.equal(host({ port: 80 }), "192.0.2.1");
  assert.equal(host({ port: 8080 }), "192.0.2.1:8080");
  assert.equal(host({ type: "https", port: 443 }), "192.0.2.1");
  assert.equal(host({ type: "https", port: 80 }), "192.0.2.1:80");
  assert.equal(host({ port: 80 }, v6), "[2001:db8::1]");
  assert.equal(host({ port: 81 }, v6), "[2001:db8::1]:81");
});

Deno.test("nothing configured can end a line of the request early", () => {
  const check = httpCheck({ path: "/a b\r\nX: y/ü\ud800", host: "h\r\nEvil: 1" });
  const request = httpRequest(check, v4, "1\n2");
  assert.equal(request.split("\r\n").length, 7);
  assert.match(request, /^GET \/a%20b%0D%0AX:%20y\/%C3%BC%EF%BF%BD HTTP\/1\.1\r\n/);
  assert.equal(hostOf(request), "h%0D%0AEvil:%201");
});

Deno.test("a request is built once per address, and anew when the check changed", () => {
  const requests = new HttpRequests("1");
  const notes = new TargetNotes().of(v4);
  const check = httpCheck({ path: "/a" });
  assert.equal(requests.get(check, v4, notes), requests.get(check, v4, notes));
  const other = requests.get(httpCheck({ path: "/b" }), v4, notes);
  assert.match(new TextDecoder().decode(other.bytes), /^GET \/b /);
  assert.equal(other.length, BigInt(other.bytes.length));
});
