import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { flags, usage } from "../../lib/daemon/flags.ts";
import { UsageError } from "../../lib/flags/mod.ts";
import { readRequest, type Settings } from "../../lib/daemon/settings.ts";

function environment(values: Record<string, string> = {}) {
  return { get: (name: string) => values[name] };
}

function settings(args: string[], variables: Record<string, string> = {}): Settings {
  const request = readRequest(args, environment(variables));
  if (request.kind !== "run") throw new Error(`expected to run, not ${request.kind}`);
  return request.settings;
}

function complaint(args: string[], variables: Record<string, string> = {}): string {
  try {
    readRequest(args, environment(variables));
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "accepted";
}

Deno.test("without flags and environment the defaults are those of the manual", () => {
  deepEqual(settings([]), {
    configPath: "/etc/vpp-maglev/maglev.yaml",
    grpcAddress: ":9090",
    grpcSocket: { mode: 0o660, group: "" },
    authPath: "",
    tls: undefined,
    hostNames: [],
    origins: [],
    open: false,
    metricsAddress: { hostname: undefined, port: 9091 },
    metricsTls: false,
    vpp: { apiSocket: "/run/vpp/api.sock", statsSocket: "/run/vpp/stats.sock" },
    stateDir: "",
    logLevel: "info",
    reflection: true,
  });
});

Deno.test("the environment stands in for flags, and flags win", () => {
  const variables = { MAGLEV_CONFIG: "/a.yaml", MAGLEV_LOG_LEVEL: "debug" };
  equal(settings([], variables).configPath, "/a.yaml");
  equal(settings(["--config=/b.yaml"], variables).configPath, "/b.yaml");
  equal(settings(["--config", "/b.yaml"], variables).logLevel, "debug");
});

Deno.test("what is wrong is named by where it was said, on the command line or in the environment", () => {
  const level = "is debug, info, warn or error, not";
  equal(complaint([], { MAGLEV_LOG_LEVEL: "loud" }), `MAGLEV_LOG_LEVEL ${level} "loud"`);
  const variables = { MAGLEV_LOG_LEVEL: "info" };
  equal(complaint(["--log-level=loud"], variables), `--log-level ${level} "loud"`);
  const together = "go together: a certificate and its key";
  equal(complaint([], { MAGLEV_TLS_KEY: "k" }), `--tls-cert and MAGLEV_TLS_KEY ${together}`);
  equal(complaint(["--tls-key=k"]), `--tls-cert and --tls-key ${together}`);
});

Deno.test("a variable does not matter where the flag is given", () => {
  equal(settings(["--open=false"], { MAGLEV_OPEN: "perhaps" }).open, false);
  equal(complaint([], { MAGLEV_OPEN: "perhaps" }), 'MAGLEV_OPEN is true or false, not "perhaps"');
});

Deno.test("both spellings of a value are taken, with one dash or two", () => {
  for (const args of [["--config=/b"], ["--config", "/b"], ["-config=/b"], ["-config", "/b"]]) {
    equal(settings(args).configPath, "/b");
  }
});

Deno.test("an empty address turns metrics and VPP off, from the environment too", () => {
  equal(settings(["--metrics-addr="]).metricsAddress, undefined);
  equal(settings(["--vpp-api-addr", ""]).vpp, undefined);
  equal(settings([], { MAGLEV_METRICS_ADDR: "" }).metricsAddress, undefined);
  equal(settings([], { MAGLEV_VPP_API_ADDR: "" }).vpp, undefined);
});

Deno.test("a switch stands alone or takes Go's spellings of a boolean", () => {
  equal(settings(["--reflection"]).reflection, true);
  equal(settings(["--reflection=false"]).reflection, false);
  equal(settings(["--reflection=F"]).reflection, false);
  equal(settings(["--reflection=1"]).reflection, true);
  equal(readRequest(["--check=0"], environment()).kind, "run");
});

Deno.test("a switch may stand in the environment, where empty is not said", () => {
  equal(settings([], { MAGLEV_OPEN: "true" }).open, true);
  equal(settings([], { MAGLEV_OPEN: "" }).open, false);
  equal(settings(["--open"], { MAGLEV_OPEN: "false" }).open, true);
  equal(settings(["--open=false"], { MAGLEV_OPEN: "1" }).open, false);
  equal(complaint([], { MAGLEV_OPEN: "yes" }), 'MAGLEV_OPEN is true or false, not "yes"');
});

const access = {
  grpcAddress: ":9090",
  grpcSocket: { mode: 0o660, group: "" },
  authPath: "",
  open: false,
  tls: undefined,
  hostNames: [],
  metricsAddress: { hostname: undefined, port: 9091 },
  metricsTls: false,
};

Deno.test("a certificate goes with its key, and what it is for with a certificate", () => {
  const pair = ["--tls-cert=/c", "--tls-key=/k"];
  deepEqual(settings(pair).tls, { cert: "/c", key: "/k", clientCa: "" });
  deepEqual(settings([], { MAGLEV_TLS_CERT: "/c", MAGLEV_TLS_KEY: "/k" }).tls?.key, "/k");
  deepEqual(
    settings([...pair, "--tls-client-ca=/a", "--auth=/f"], { MAGLEV_METRICS_TLS: "true" }).tls,
    { cert: "/c", key: "/k", clientCa: "/a" },
  );
  equal(settings([...pair, "--metrics-tls"]).metricsTls, true);
  const together = "--tls-cert and --tls-key go together: a certificate and its key";
  equal(complaint(["--tls-cert=/c"]), together);
  equal(complaint(["--tls-key=/k"]), together);
  const alone = (flag: string) => `${flag} means nothing without --tls-cert and --tls-key`;
  equal(complaint(["--tls-client-ca=/a", "--auth=/f"]), alone("--tls-client-ca"));
  equal(complaint(["--metrics-tls"]), alone("--metrics-tls"));
  equal(
    complaint([...pair, "--tls-client-ca=/a"]),
    "--tls-client-ca has clients show certificates, and only --auth says what they may do: give " +
      "both",
  );
});

Deno.test("--check refuses the flags that a start would", () => {
  for (const flag of ["log-level", "allow-origin", "metrics-addr", "grpc-socket-mode"]) {
    const wrong = [`--${flag}=?`];
    equal(complaint(["--check", ...wrong]), complaint(wrong));
  }
});

Deno.test("check, version and help are requests of their own", () => {
  deepEqual(readRequest(["--check", "--config=/c"], environment()), {
    kind: "check",
    configPath: "/c",
    access,
    strict: false,
  });
  deepEqual(readRequest(["--strict", "--check", "--config=/c"], environment()), {
    kind: "check",
    configPath: "/c",
    access,
    strict: true,
  });
  throws(() => readRequest(["--strict"], environment()), {
    message: "--strict is about --check and means nothing without it",
  });
  equal(readRequest(["--version"], environment()).kind, "version");
  equal(readRequest(["--help"], environment()).kind, "help");
});

Deno.test("addresses may be IPv4, bracketed IPv6, a name or left out", () => {
  const address = (text: string) => settings([`--metrics-addr=${text}`]).metricsAddress;
  deepEqual(address("127.0.0.2:1"), { hostname: "127.0.0.2", port: 1 });
  deepEqual(address("[::1]:0"), { hostname: "::1", port: 0 });
  deepEqual(address("localhost:80"), { hostname: "localhost", port: 80 });
  deepEqual(address(":65535"), { hostname: undefined, port: 65535 });
  equal(settings(["--grpc-addr=[::1]:80"]).grpcAddress, "[::1]:80");
});

Deno.test("a list may be given several times, and wins over the environment as a whole", () => {
  const variables = { MAGLEV_GRPC_ADDR: ":1", MAGLEV_HOST_NAME: "env" };
  const given = settings(["--grpc-addr=:2", "--grpc-addr", "unix:/a,:3"], variables);
  equal(given.grpcAddress, ":2,unix:/a,:3");
  deepEqual(given.hostNames, ["env"]);
  deepEqual(settings(["--host-name=a", "--host-name=b,c"]).hostNames, ["a", "b", "c"]);
  equal(settings(["--log-level=warn", "--log-level=error"]).logLevel, "error");
});

Deno.test("a file of who may do what and nobody being asked exclude each other", () => {
  equal(settings(["--auth=/a.yaml"]).authPath, "/a.yaml");
  equal(settings([], { MAGLEV_AUTH: "/a.yaml" }).authPath, "/a.yaml");
  const said = "--open asks nobody who it is, and --auth everybody: leave one out";
  equal(complaint(["--auth=/a.yaml", "--open"]), said);
  equal(
    complaint(["--open"], { MAGLEV_AUTH: "/a.yaml" }),
    "--open asks nobody who it is, and MAGLEV_AUTH everybody: leave one out",
  );
  equal(complaint(["--check", "--auth=/a.yaml", "--open"]), said);
});

Deno.test("permissions of sockets are octal", () => {
  const mode = (text: string) => settings([`--grpc-socket-mode=${text}`]).grpcSocket.mode;
  deepEqual(["0660", "600", "0777", "000"].map(mode), [0o660, 0o600, 0o777, 0]);
  for (const text of ["", "66", "0668", "4755", "01777", "0o660", "-660", " 660"]) {
    equal(
      complaint([`--grpc-socket-mode=${text}`]),
      `--grpc-socket-mode takes permissions such as 0660, not "${text}"`,
    );
  }
});

Deno.test("what cannot be understood is said in a sentence", () => {
  const cases: [string[], string][] = [
    [["--colour"], "unknown flag --colour, see --help"],
    [["--config"], "--config needs a value"],
    [["--config="], "--config is empty: maglevd needs a file"],
    [["start"], 'unexpected argument "start": maglevd takes flags only, see --help'],
    [["--"], 'unexpected argument "--": maglevd takes flags only, see --help'],
    [["--reflection=maybe"], '--reflection is true or false, not "maybe"'],
    [["--log-level=loud"], '--log-level is debug, info, warn or error, not "loud"'],
    [
      ["--grpc-addr=:99999"],
      "--grpc-addr takes addresses and ports such as :9090, 127.0.0.1:9090 or [::1]:9090, and " +
      'sockets such as unix:/run/vpp-maglev/api.sock: ":99999" is not host:port, ' +
      "[ipv6]:port or :port",
    ],
    [
      ["--grpc-socket-mode=rw"],
      '--grpc-socket-mode takes permissions such as 0660, not "rw"',
    ],
    [
      ["--metrics-addr=9091"],
      "--metrics-addr is an address and a port such as :9090, " +
      '127.0.0.1:9090 or [::1]:9090, not "9091"',
    ],
  ];
  for (const [args, message] of cases) equal(complaint(args), message);
});

Deno.test("whatever the arguments, the answer is a request or a usage error", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...flags.map(({ name }) => `--${name}`)),
    fc.tuple(fc.constantFrom(...flags.map(({ name }) => name)), fc.string())
      .map(([name, value]) => `--${name}=${value}`),
  );
  fc.assert(fc.property(fc.array(word), (args) => void complaint(args)), { seed: 20261121 });
});

Deno.test("the usage names every flag, its default and its variable", () => {
  const text = usage();
  for (const line of text.split("\n")) ok(line.length <= 80, line);
  for (const { name, environment } of flags) {
    equal(text.includes(`--${name}`), true, name);
    equal(text.includes(environment), true, environment);
  }
  throws(() => readRequest(["-"], environment()), UsageError);
});

Deno.test("names and origins are lists, in lower case, and have a form", () => {
  const { hostNames, origins } = settings([
    "--host-name=LB1.example.net, lb1 ,lb_2",
    "--allow-origin",
    "https://Status.example.net http://[2001:db8::1]:8080",
  ]);
  deepEqual(hostNames, ["lb1.example.net", "lb1", "lb_2"]);
  deepEqual(origins, ["https://status.example.net", "http://[2001:db8::1]:8080"]);
  throws(() => settings(["--host-name", "lb1:9090"]), {
    message: '--host-name takes values like lb1.example.net, not "lb1:9090"',
  });
  for (const wrong of ["*", "https://a.example/path", "ftp://a.example", "https://"]) {
    throws(() => settings(["--allow-origin", wrong]), {
      message: `--allow-origin takes values like https://status.example.net, not "${wrong}"`,
    });
  }
});
