import assert from "node:assert/strict";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { covers, methodRoles, roleOfMethod, roles } from "../../lib/access/mod.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { apiMethods } from "../../lib/api/mod.ts";

Deno.test("every method that there is has a role, and no other", () => {
  const methods = apiMethods({ reflection: true })
    .map(({ service, method }) => `${service}/${method}`);
  assert.deepEqual(Object.keys(methodRoles).sort(), methods.sort());
});

Deno.test("what only reads takes view, and what changes something does not", () => {
  const reading = MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  for (const { name, idempotency, methodKind } of Maglev.methods) {
    const isReading = idempotency === reading || methodKind === "server_streaming";
    const role = methodRoles[`maglev.Maglev/${name}`];
    if (name === "CheckConfig") assert.equal(role, "operate");
    else assert.equal(role === "view", isReading, name);
  }
  const admin = Object.keys(methodRoles).filter((each) => methodRoles[each] === "admin");
  assert.deepEqual(admin, ["maglev.Maglev/ReloadConfig"]);
});

Deno.test("a method that nobody has thought of takes everything", () => {
  for (const name of ["maglev.Maglev/Explode", "", "toString", "__proto__"]) {
    assert.equal(roleOfMethod(name), "admin", name);
  }
  assert.equal(roleOfMethod("maglev.Maglev/GetBackend"), "view");
});

Deno.test("each role may do what those before it may", () => {
  const table = roles.map((has) => roles.map((needed) => covers(has, needed)));
  assert.deepEqual(table, [[true, false, false], [true, true, false], [true, true, true]]);
});
