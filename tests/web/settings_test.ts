import assert from "node:assert/strict";
import { flags, usage } from "../../lib/web/flags.ts";
import { readRequest } from "../../lib/web/settings.ts";

function read(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return readRequest(args, { get: (name) => environment[name] });
}

Deno.test("flags win over the environment, which wins over defaults", () => {
  const environment = { MAGLEV_FRONTEND_SERVER: "rtr1,rtr2", MAGLEV_FRONTEND_LISTEN: ":8000" };
  const defaults = read([]);
  assert.ok(defaults.kind === "run");
  assert.deepEqual(defaults.settings, {
    servers: "localhost:9090",
    tokenFile: "",
    tls: {},
    listen: { hostname: "127.0.0.1", port: 9093 },
    certificate: undefined,
    authPath: "",
    hostNames: [],
    credentials: undefined,
    logLevel: "info",
  });
  const given = read(["--listen", "[::1]:81", "-host-name=LB1,lb2.example.net"], environment);
  assert.ok(given.kind === "run");
  assert.deepEqual(given.settings.listen, { hostname: "::1", port: 81 });
  assert.equal(given.settings.servers, "rtr1,rtr2");
  assert.deepEqual(given.settings.hostNames, ["lb1", "lb2.example.net"]);
  const secured = read(["--tls-cert=a", "--tls-key=b", "--tls-client-ca=c", "--auth=d"]);
  assert.ok(secured.kind === "run");
  const { certificate, authPath } = secured.settings;
  assert.deepEqual([certificate, authPath], [{ cert: "a", key: "b", clientCa: "c" }, "d"]);
  assert.deepEqual(read(["--check"]), { ...defaults, kind: "check" });
  assert.deepEqual(read(["--version"]), { kind: "version" });
  assert.deepEqual(read(["--help=true"]), { kind: "help" });
});

Deno.test("what cannot be is refused with a sentence", () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [["--nonsense"], "unknown flag --nonsense, see --help"],
    [["rtr1"], 'unexpected argument "rtr1": there are flags only, see --help'],
    [["--listen"], "--listen needs a value"],
    [["--version=maybe"], '--version is true or false, not "maybe"'],
    [["--log-level", "loud"], '--log-level is debug, info, warn or error, not "loud"'],
    [["--tls-cert=a"], "--tls-cert and --tls-key go together: a certificate and its key"],
    [["--tls-key=a"], "--tls-cert and --tls-key go together: a certificate and its key"],
    [
      ["--tls-client-ca=a", "--auth=b"],
      "--tls-client-ca means nothing without --tls-cert and --tls-key",
    ],
    [
      ["--tls-client-ca=a", "--tls-cert=b", "--tls-key=c"],
      "--tls-client-ca has browsers show certificates, and only --auth says what they may do: " +
      "give both",
    ],
    [["--server", " "], "--server is empty: there is nothing to show"],
    [
      ["--listen", "here"],
      '--listen is an address and a port such as :9093, 127.0.0.1:9093 or [::1]:9093, not "here"',
    ],
  ];
  for (const [args, message] of wrong) {
    assert.throws(() => read(args), { name: "UsageError", message });
  }
});

Deno.test("user and password go together", () => {
  const name = "MAGLEV_FRONTEND_USER";
  const secret = "MAGLEV_FRONTEND_PASSWORD";
  const both = read([], { [name]: "ops", [secret]: "a:b" });
  assert.ok(both.kind === "run");
  assert.deepEqual(both.settings.credentials, { user: "ops", password: "a:b" });
  for (const half of [{ [name]: "ops" }, { [secret]: "x" }, { [name]: "a:b", [secret]: "x" }]) {
    assert.throws(() => read([], half), { name: "UsageError", message: /go together/ });
  }
});

Deno.test("the help names each flag with its default and its variable", () => {
  assert.match(
    usage(),
    /^ {2}--listen VALUE {7}where .* \(default 127\.0\.0\.1:9093,\n {23}MAGLEV_FRONTEND_LISTEN\)$/m,
  );
  for (const { name } of flags) assert.ok(usage().includes(`  --${name}`), name);
  for (const line of usage().split("\n")) assert.ok(line.length <= 80, line);
});
