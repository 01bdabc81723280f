import assert from "node:assert/strict";
import { findDangers } from "../../lib/daemon/dangers.ts";
import type { AccessSettings } from "../../lib/daemon/settings.ts";
import { rulesOf } from "../access/support/auth_bed.ts";

const usual: AccessSettings = {
  grpcAddress: ":9090,[::1]:1,unix:/run/vpp-maglev/api.sock",
  grpcSocket: { mode: 0o660, group: "" },
  authPath: "",
  open: false,
  tls: undefined,
  hostNames: [],
  metricsAddress: { hostname: undefined, port: 9091 },
  metricsTls: false,
};

const users = rulesOf("auth: { unix: [{ user: alice, role: admin }] }");
const tokens = rulesOf(
  `auth: { tokens: [{ name: ci, role: view, sha256: ${"a".repeat(64)} }] }`,
);

function dangers(
  settings: Partial<AccessSettings>,
  rules?: typeof users,
  modes: Readonly<Record<string, number>> = {},
): string[] {
  return findDangers({ ...usual, ...settings }, rules, (path) => modes[path])
    .map(({ record, where, reason }) => `${record} ${where}: ${reason}`);
}

Deno.test("nothing is dangerous about the defaults, nor about a careful file", () => {
  assert.deepEqual(dangers({}), []);
  const modes = { "/etc/m/auth.yaml": 0o640, "/etc/m": 0o755 };
  assert.deepEqual(dangers({ authPath: "/etc/m/auth.yaml" }, users, modes), []);
});

Deno.test("asking nobody is dangerous wherever a network reaches", () => {
  const reason = "whoever reaches this address can pause backends and change weights, since " +
    "--open asks nobody who it is";
  assert.deepEqual(dangers({ open: true }), [
    `grpc-listen-open :9090: ${reason}`,
    `grpc-listen-open [::1]:1: ${reason}`,
  ]);
});

Deno.test("a socket for everybody is dangerous while nobody is asked", () => {
  const grpcSocket = { mode: 0o662, group: "" };
  assert.deepEqual(dangers({ grpcSocket }), [
    "access-unsafe unix:/run/vpp-maglev/api.sock: everybody on this machine may connect, and " +
    "without --auth change everything",
  ]);
  assert.deepEqual(dangers({ grpcSocket: { mode: 0o664, group: "" } }), []);
  assert.deepEqual(dangers({ grpcSocket }, users), []);
});

Deno.test("tokens are not for networks while they travel in the clear", () => {
  const said = (grpcAddress: string) => dangers({ grpcAddress }, tokens).length;
  for (const address of [":1", "192.0.2.1:1", "[::]:1", "rtr1:1", "0.0.0.0:1"]) {
    assert.equal(said(address), 1, address);
    assert.deepEqual(dangers({ grpcAddress: address }, users), [], address);
  }
  for (const address of ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/a"]) {
    assert.equal(said(address), 0, address);
  }
});

Deno.test("a file that everybody may write or replace gives everybody everything", () => {
  const authPath = "/srv/auth.yaml";
  const given = (modes: Readonly<Record<string, number>>) =>
    dangers({ authPath, grpcAddress: "unix:/a" }, users, modes);
  assert.deepEqual(given({ [authPath]: 0o642, "/srv": 0o755 }), [
    "access-unsafe /srv/auth.yaml: everybody may write to it, and so give themselves any role",
  ]);
  assert.deepEqual(given({ [authPath]: 0o644, "/srv": 0o777 }), [
    "access-unsafe /srv/auth.yaml: everybody may put another file in its place, and so get any role",
  ]);
  assert.deepEqual(given({ [authPath]: 0o644, "/srv": 0o1777 }), []);
  assert.deepEqual(given({}), []);
});

Deno.test("permissions are those of the files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const authPath = `${folder}/auth.yaml`;
    const settings = { ...usual, authPath, grpcAddress: "unix:/a" };
    assert.deepEqual(findDangers(settings, users), []);
    await Deno.writeTextFile(authPath, "");
    await Deno.chmod(authPath, 0o666);
    await Deno.chmod(folder, 0o777);
    assert.equal(findDangers(settings, users).length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
