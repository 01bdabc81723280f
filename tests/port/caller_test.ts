import assert from "node:assert/strict";
import type { Principal, Role } from "../../lib/access/mod.ts";
import { Client, identifyBy, onBehalfField, readGate } from "../../lib/port/caller.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** As whom a caller `web` of this role is told of, when it says it asks for these. */
function toldAs(role: Role | "none", ...values: string[]): string {
  const identify = identifyBy(() => ({ name: "web", role, peer: "192.0.2.1", method: "token" }));
  const headers = values.map((value) => [onBehalfField, value] as const);
  const principal = identify({ peer: "192.0.2.1", connection: {}, headers });
  assert.equal(principal.role, role);
  return principal.name;
}

Deno.test("the field is the one that other programs send", () => {
  assert.equal(onBehalfField, "x-maglev-on-behalf-of");
});

Deno.test("who may change something is told of with whom it asks for", () => {
  assert.equal(toldAs("operate", "alice"), "web (for alice)");
  assert.equal(toldAs("admin", encodeURIComponent("Zoë König")), "web (for Zoë König)");
  assert.equal(toldAs("operate"), "web");
});

Deno.test("with the rules of a later moment it is told of in the same way", () => {
  let role: Role = "operate";
  const now = (): Principal => ({ name: "web", role, peer: "", method: "token", now });
  const headers = [[onBehalfField, "alice"]] as const;
  const principal = identifyBy(now)({ peer: "192.0.2.1", connection: {}, headers });
  role = "admin";
  const later = principal.now?.();
  assert.deepEqual([later?.name, later?.role], ["web (for alice)", "admin"]);
  role = "view";
  assert.equal(later?.now?.().name, "web");
});

Deno.test("who may not is not believed", () => {
  assert.equal(toldAs("view", "alice"), "web");
  assert.equal(toldAs("none", "alice"), "web");
});

Deno.test("a name is bounded, and has nothing by which it would look like another", () => {
  const name = (text: string) => toldAs("operate", encodeURIComponent(text));
  assert.equal(name("x".repeat(1_000)), `web (for ${"x".repeat(64)})`);
  assert.equal(name("🧲".repeat(1_000)), `web (for ${"🧲".repeat(64)})`);
  assert.equal(name(`a${"山".repeat(127)}`), `web (for a${"山".repeat(63)})`);
  assert.equal(name("a\r\nb\u001b[31mc\u202ed\u2028e"), "web (for a b [31mc d e)");
  assert.equal(name("a) admin (for b"), "web (for a admin for b)");
  for (const nothing of ["", " ", "\u200b", "()"]) assert.equal(name(nothing), "web", nothing);
});

Deno.test("what a connection and a request show of who calls is what is asked about", () => {
  const asked: unknown[] = [];
  const identify = identifyBy((caller) => {
    asked.push(caller);
    return { name: "web", role: "view", peer: caller.peer, method: "token" };
  });
  const credentials = { kind: "unix", user: "anna", uid: 7, gids: [8] } as const;
  const headers = [["authorization", "Bearer a"], ["x", "y"], ["authorization", "b"]] as const;
  identify({ peer: "unix:anna", connection: new Client(credentials), headers });
  identify({ peer: "192.0.2.1", connection: { credentials }, headers: [] });
  assert.deepEqual(asked, [
    { peer: "unix:anna", isLocal: true, credentials, authorization: ["Bearer a", "b"] },
    { peer: "192.0.2.1", isLocal: false, credentials: undefined, authorization: [] },
  ]);
});

Deno.test("who may not read is told why, after a while where it has shown something wrong", async () => {
  const clock = new FakeClock();
  const request = { peer: "192.0.2.1", connection: {}, headers: [] };
  const asked = async (role: Role | "none", isFailure: boolean) => {
    const principal = { name: "web", role, peer: "192.0.2.1", method: "token", isFailure } as const;
    const begun = clock.now();
    const answer = readGate(() => () => principal, clock)(request);
    const told = answer.then((reason) => [reason !== undefined, clock.now() - begun]);
    while (await Promise.race([told, clock.advanceAsync(10)]) === undefined);
    return await told;
  };
  assert.deepEqual(await asked("view", false), [false, 0]);
  assert.deepEqual(await asked("view", true), [false, 0]);
  assert.deepEqual(await asked("none", false), [true, 0]);
  assert.deepEqual(await asked("none", true), [true, 100]);
  assert.equal(await readGate(() => undefined, clock)(request), undefined);
  assert.equal(clock.pending, 0);
});

Deno.test("what cannot be read, or is said twice, is nobody", () => {
  assert.equal(toldAs("operate", "%"), "web");
  assert.equal(toldAs("operate", "%ff%fe"), "web");
  assert.equal(toldAs("operate", "alice", "bob"), "web");
});
