import { deepEqual, equal, throws } from "node:assert/strict";
import { type Start, trustSystemAuthorities } from "../../lib/daemon/authorities.ts";

/** A start with these variables, and what it was replaced by. */
function startWith(variables: Record<string, string>) {
  const replaced: unknown[] = [];
  const environment = new Map(Object.entries(variables));
  const start: Start = {
    environment: {
      has: (name) => environment.has(name),
      set: (name, value) => void environment.set(name, value),
      toObject: () => Object.fromEntries(environment),
    },
    program: () => "/usr/bin/deno",
    args: () => ["deno", "run", "main.ts"],
    replace(...by): never {
      replaced.push(by);
      throw new Error("cannot");
    },
  };
  return { start, replaced, environment };
}

Deno.test("a process that was started without a choice of authorities is replaced by one with it", () => {
  const { start, replaced, environment } = startWith({ HOME: "/root" });
  throws(() => trustSystemAuthorities(start), /cannot/);
  const variables = { HOME: "/root", DENO_TLS_CA_STORE: "system", DENO_NO_UPDATE_CHECK: "1" };
  deepEqual(replaced, [["/usr/bin/deno", ["deno", "run", "main.ts"], variables]]);
  // Where it cannot be replaced, the choice is made late, and once.
  deepEqual(Object.fromEntries(environment), variables);
  trustSystemAuthorities(start);
  equal(replaced.length, 1);
});

Deno.test("a choice that was made before the start is left alone", () => {
  for (const store of ["system", "mozilla", ""]) {
    const { start, replaced, environment } = startWith({ DENO_TLS_CA_STORE: store });
    trustSystemAuthorities(start);
    deepEqual(replaced, []);
    deepEqual([...environment], [["DENO_TLS_CA_STORE", store]]);
  }
});
