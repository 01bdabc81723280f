import assert from "node:assert/strict";
import { certificateProblem, dangersOf, findDangers } from "../../lib/daemon/dangers.ts";
import type { AccessSettings } from "../../lib/daemon/settings.ts";
import { rulesOf } from "../access/support/auth_bed.ts";

const tls = { cert: "/t/cert", key: "/k/key", clientCa: "/a/ca" };
const usual: AccessSettings = {
  grpcAddress: ":9090",
  grpcSocket: { mode: 0o660, group: "" },
  authPath: "",
  open: false,
  tls,
  hostNames: ["lb1.example.net"],
  metricsAddress: { hostname: undefined, port: 9091 },
  metricsTls: false,
};
const tokens = (metrics: string) =>
  rulesOf(`auth:
  metrics: ${metrics}
  tokens: [{ name: ci, role: view, sha256: ${"a".repeat(64)} }]
`);

function dangers(
  modes: Readonly<Record<string, number>>,
  settings: Partial<AccessSettings>,
  rules?: ReturnType<typeof tokens>,
): string[] {
  return findDangers({ ...usual, ...settings }, rules, (path) => modes[path])
    .map(({ record, where, reason }) => `${record} ${where}: ${reason}`);
}

Deno.test("a key that others can read, or an authority that they can put there, is dangerous", () => {
  assert.deepEqual(dangers({ "/k/key": 0o640, "/a/ca": 0o644, "/a": 0o755 }, {}), []);
  assert.deepEqual(dangers({ "/k/key": 0o644 }, {}), [
    "access-unsafe /k/key: everybody on this machine can read the key, and so pass for this server",
  ]);
  const authority = "access-unsafe /a/ca: everybody may put an authority of their own there, and " +
    "so get any role";
  assert.deepEqual(dangers({ "/a/ca": 0o646 }, {}), [authority]);
  assert.deepEqual(dangers({ "/a": 0o777 }, {}), [authority]);
  assert.deepEqual(dangers({ "/a": 0o1777 }, {}), []);
  assert.deepEqual(dangers({ ".": 0o777 }, { tls: { ...tls, clientCa: "" } }), []);
});

Deno.test("tokens are safe with TLS, on the port of metrics with its own", () => {
  assert.deepEqual(dangers({}, {}, tokens("anyone")), []);
  assert.deepEqual(dangers({}, {}, tokens("view")), [
    "access-unsafe :9091: tokens that are shown there travel in the clear: who reads along has " +
    "them (--metrics-tls)",
  ]);
  assert.deepEqual(dangers({}, { metricsTls: true }, tokens("view")), []);
  assert.deepEqual(dangers({}, { metricsAddress: undefined }, tokens("view")), []);
  const own = { metricsAddress: { hostname: "127.0.0.1", port: 1 } };
  assert.deepEqual(dangers({}, own, tokens("view")), []);
});

Deno.test("a certificate that clients will not take for this machine's is told", async () => {
  const [from, end] = [Date.UTC(2020, 0), Date.UTC(2030, 0)];
  const machine = new Set(["lb1.example.net", "lb1"]);
  const told = (names: string[], now = Date.UTC(2025, 0)) =>
    certificateProblem({ from, end, names }, machine, now);
  for (const name of ["lb1.example.net", "LB1", "*.example.net", "192.0.2.1", "::1"]) {
    assert.equal(told(["other", name]), undefined, name);
  }
  for (const name of ["lb2.example.net", "*.lb1.example.net", "*", "example.net", "*.net"]) {
    assert.equal(
      told([name]),
      `it is for ${name}, and this machine is called lb1.example.net, lb1: --host-name adds names`,
    );
  }
  assert.equal(told([]), "it has no subject alternative name: clients refuse it");
  assert.equal(
    told(["lb1"], end + 1),
    "it has expired on 2030-01-01T00:00:00.000Z: clients refuse it",
  );
  assert.equal(told(["lb1"], from - 1), "it is not valid before 2020-01-01T00:00:00.000Z");
  const found = await dangersOf(usual, undefined, { from, end: 1, names: ["lb1.example.net"] });
  assert.deepEqual(found.map(({ record, where }) => [record, where]), [
    ["tls-certificate-unfit", "/t/cert"],
  ]);
  const good = { from, end: Date.UTC(2120, 0), names: ["lb1.example.net"] };
  assert.deepEqual(await dangersOf(usual, undefined, good), []);
  assert.deepEqual(await dangersOf({ ...usual, tls: undefined }, undefined, undefined), []);
});

Deno.test("a certificate is good from its first moment to its last", () => {
  const facts = { from: 1_000, end: 2_000, names: ["lb1.example.net"] };
  const at = (now: number) => certificateProblem(facts, new Set(["lb1.example.net"]), now);
  assert.deepEqual([at(1_000), at(2_000)], [undefined, undefined]);
  assert.match(at(999) ?? "", /^it is not valid before 1970-01-01T00:00:01/);
  assert.match(at(2_001) ?? "", /^it has expired on 1970-01-01T00:00:02/);
});
