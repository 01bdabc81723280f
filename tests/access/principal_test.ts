import assert from "node:assert/strict";
import { accessByPlace, denial } from "../../lib/access/mod.ts";

Deno.test("this machine may do everything, others may read", () => {
  const access = accessByPlace({ open: false });
  assert.deepEqual(access({ peer: "127.0.0.1", isLocal: true }), {
    ...{ name: "operator", role: "admin", peer: "127.0.0.1", method: "machine" },
  });
  assert.deepEqual(access({ peer: "192.0.2.1", isLocal: false }), {
    ...{ name: "anonymous", role: "view", peer: "192.0.2.1", method: "none" },
    advice: "from elsewhere than the machine that maglevd runs on one may only read; call it " +
      "there, or start maglevd with --auth or --open",
  });
});

Deno.test("a Unix socket tells the name of who calls", () => {
  const credentials = { kind: "unix", user: "alice", uid: 1000, gids: [1000] } as const;
  for (const open of [false, true]) {
    const access = accessByPlace({ open });
    assert.deepEqual(access({ peer: "unix:alice", isLocal: true, credentials }), {
      ...{ name: "alice", role: "admin", peer: "unix:alice", method: "machine" },
    });
  }
});

Deno.test("where it is open everybody may do everything", () => {
  const access = accessByPlace({ open: true });
  assert.deepEqual(access({ peer: "192.0.2.1", isLocal: false }), {
    ...{ name: "operator", role: "admin", peer: "192.0.2.1", method: "open" },
  });
  assert.equal(access({ peer: "::1", isLocal: true }).method, "machine");
});

Deno.test("who may not is told why, and what to do", () => {
  const stranger = accessByPlace({ open: false })({ peer: "192.0.2.1", isLocal: false });
  assert.equal(denial(stranger, "view"), undefined);
  assert.equal(
    denial(stranger, "operate"),
    "this takes the role operate, and 192.0.2.1 has view: from elsewhere than the machine that " +
      "maglevd runs on one may only read; call it there, or start maglevd with --auth or --open",
  );
  assert.match(denial({ ...stranger, peer: "" }, "admin") ?? "", /role admin, and this caller has/);
  assert.equal(denial({ ...stranger, role: "admin" }, "admin"), undefined);
  const { advice: _, ...terse } = stranger;
  assert.equal(
    denial({ ...terse, role: "none" }, "view"),
    "this takes the role view, and 192.0.2.1 is not known",
  );
});
