import assert from "node:assert/strict";
import { parseConfig } from "../../lib/config/mod.ts";
import { goodText } from "./support/fixtures.ts";
import { head, problemsOf, valid } from "./support/valid.ts";

Deno.test("every key of a full file arrives in the configuration", () => {
  const config = valid(goodText("full"));
  assert.equal(config.transitionHistory, 20);
  assert.equal(config.netns, "dataplane");
  const { ipv4Source, ipv6Source, ...lb } = config.lb;
  assert.deepEqual([ipv4Source.text, ipv6Source.text], ["10.0.0.1", "2001:db8::1"]);
  assert.deepEqual(lb, {
    syncIntervalMs: 90_000,
    stickyBucketsPerCore: 131_072,
    buckets: 4096,
    flowTimeoutSeconds: 60,
    startupMinDelayMs: 2000,
    startupMaxDelayMs: 20_000,
  });
  const web = config.healthchecks.get("web");
  assert.ok(web?.type === "https");
  const { probeIpv4Source, probeIpv6Source, ...check } = web;
  assert.deepEqual([probeIpv4Source?.text, probeIpv6Source?.text], ["10.0.0.2", "2001:db8::2"]);
  assert.deepEqual(check, {
    name: "web",
    type: "https",
    port: 443,
    intervalMs: 1500,
    fastIntervalMs: 250,
    downIntervalMs: 10_000,
    timeoutMs: 900,
    rise: 3,
    fall: 5,
    flap: { changes: 4, withinMs: 300_000, holdMs: 30_000, maxHoldMs: 600_000 },
    path: "/healthz?deep=1",
    host: "www.example.net:8443",
    responseCodeMin: 200,
    responseCodeMax: 299,
    responseRegexp: '"status":\\s*"(ok|fine)"',
    tls: { serverName: "www.example.net", insecureSkipVerify: true },
  });
  const db = config.healthchecks.get("db");
  assert.ok(db?.type === "tcp");
  assert.deepEqual(db.tls, { serverName: "db.example.net", insecureSkipVerify: true });
  const web1 = config.backends.get("web1");
  assert.deepEqual({ ...web1, address: web1?.address.text }, {
    name: "web1",
    address: "192.0.2.11",
    healthcheck: "web",
    enabled: false,
  });
  const www = config.frontends.get("www");
  assert.deepEqual({ ...www, address: www?.address.text }, {
    name: "www",
    description: 'The public site, "all of it"',
    address: "198.51.100.1",
    protocol: "tcp",
    port: 443,
    srcIpSticky: true,
    flushOnDown: false,
    drainDeadlineMs: 1_200_000,
    slowStartMs: 45_000,
    failOpen: 40,
    pools: [{ name: "primary", backends: [{ backend: "web1", weight: 10 }] }],
  });
  assert.equal(config.frontends.get("db")?.description, "Folded into one line.");
});

Deno.test("what a file leaves out has the guide's defaults", () => {
  const config = valid(`${head}
  healthchecks: { web: { type: http, port: 80 }, ping: { type: icmp }, ssh: { type: tcp, port: 22 } }
  backends: { b: { address: 192.0.2.1, healthcheck: web } }
  frontends: { f: { address: 198.51.100.1, pools: [ { name: p, backends: { b: } } ] } }
`);
  assert.equal(config.transitionHistory, 5);
  assert.equal(config.netns, "");
  assert.equal(config.lb.syncIntervalMs, 30_000);
  assert.equal(config.lb.stickyBucketsPerCore, 65_536);
  assert.equal(config.lb.buckets, 1024);
  assert.equal(config.lb.flowTimeoutSeconds, 40);
  assert.equal(config.lb.startupMinDelayMs, 5000);
  assert.equal(config.lb.startupMaxDelayMs, 30_000);
  const timing = {
    intervalMs: 2000,
    fastIntervalMs: 2000,
    downIntervalMs: 2000,
    timeoutMs: 2000,
    rise: 2,
    fall: 3,
    flap: undefined,
    probeIpv4Source: undefined,
    probeIpv6Source: undefined,
  };
  assert.deepEqual(config.healthchecks.get("ping"), { name: "ping", type: "icmp", ...timing });
  assert.deepEqual(config.healthchecks.get("ssh"), {
    name: "ssh",
    type: "tcp",
    port: 22,
    tls: undefined,
    ...timing,
  });
  assert.deepEqual(config.healthchecks.get("web"), {
    name: "web",
    type: "http",
    port: 80,
    path: "/",
    host: undefined,
    responseCodeMin: 200,
    responseCodeMax: 200,
    responseRegexp: undefined,
    tls: { serverName: undefined, insecureSkipVerify: false },
    ...timing,
  });
  assert.equal(config.backends.get("b")?.enabled, true);
  const {
    description,
    protocol,
    port,
    srcIpSticky,
    flushOnDown,
    drainDeadlineMs,
    slowStartMs,
    failOpen,
    pools,
  } = config.frontends.get("f") ?? assert.fail();
  assert.deepEqual(
    {
      description,
      protocol,
      port,
      srcIpSticky,
      flushOnDown,
      drainDeadlineMs,
      slowStartMs,
      failOpen,
      pools,
    },
    {
      description: "",
      protocol: "any",
      port: 0,
      srcIpSticky: false,
      flushOnDown: true,
      drainDeadlineMs: 0,
      slowStartMs: 0,
      failOpen: "never",
      pools: [{ name: "p", backends: [{ backend: "b", weight: 100 }] }],
    },
  );
});

Deno.test("fail-open is a word or a share", () => {
  const rows = [["never", "never"], ["all-down", "all-down"], ["1%", 1], ["100%", 100]] as const;
  for (const [text, want] of rows) {
    const config = valid(`${head}  healthchecks: { c: { type: icmp } }
  backends: { b: { address: 192.0.2.9, healthcheck: c } }
  frontends:
    f: { address: 198.51.100.1, fail-open: ${text}, pools: [{ name: p, backends: { b: } }] }
`);
    assert.equal(config.frontends.get("f")?.failOpen, want);
  }
});

Deno.test("flap is off unless it is there, and has defaults then", () => {
  const text = `${head}  healthchecks: { off: { type: icmp }, usual: { type: icmp, flap: {} } }\n`;
  const flapOf = (name: string) => valid(text).healthchecks.get(name)?.flap;
  const usual = { changes: 6, withinMs: 600_000, holdMs: 60_000, maxHoldMs: 1_800_000 };
  assert.deepEqual([flapOf("off"), flapOf("usual")], [undefined, usual]);
});

Deno.test("fast and down intervals follow a given interval", () => {
  const config = valid(`${head}  healthchecks: { a: { type: icmp, interval: 700ms } }\n`);
  const check = config.healthchecks.get("a");
  assert.deepEqual([check?.fastIntervalMs, check?.downIntervalMs], [700, 700]);
});

Deno.test("everything keeps the file's order, names that look like numbers too", () => {
  const config = valid(goodText("odd_names"));
  const names = ["1", "0x10", "__proto__", "constructor", "web.example.net", "zürich/1"];
  assert.deepEqual([...config.backends.keys()], names);
  const pool = config.frontends.get("toString")?.pools[0];
  assert.equal(pool?.name, "1");
  assert.deepEqual(pool?.backends.map(({ backend }) => backend), names);
  assert.equal(config.backends.get("0x10")?.healthcheck, "on");
});

Deno.test("a name may look like nothing, a boolean or a number", () => {
  const text = `${head}  healthchecks: { null: { type: icmp }, ~: { type: icmp } }
  backends:
    true: { address: 192.0.2.1, healthcheck: "null" }
    1.50: { address: 192.0.2.2, healthcheck: "~" }
`;
  const { healthchecks, backends } = valid(text);
  assert.deepEqual([...healthchecks.keys(), ...backends.keys()], ["null", "~", "true", "1.50"]);
});

Deno.test("merged keys give way to those that stand beside them", () => {
  const config = valid(goodText("anchors"));
  const alt = config.healthchecks.get("web-alt");
  assert.ok(alt?.type === "http");
  assert.equal(alt.port, 8080);
  assert.equal(alt.downIntervalMs, 5000);
  assert.equal(alt.path, "/health");
  const tls = config.healthchecks.get("web-tls");
  assert.ok(tls?.type === "https");
  assert.deepEqual([tls.host, tls.tls.serverName], ["www.example.net", "www.example.net"]);
  assert.equal(config.backends.get("web2")?.address.text, "192.0.2.12");
  assert.deepEqual(config.frontends.get("https")?.pools, config.frontends.get("http")?.pools);
});

Deno.test("of several merged mappings the earlier wins", () => {
  const config = valid(`${head}  healthchecks:
    a: &a { type: icmp, rise: 7 }
    b: &b { type: tcp, port: 1, rise: 8, fall: 9 }
    c: { <<: [*b, *a] }
    d: { <<: [*a], fall: 4 }
`);
  assert.deepEqual(
    [config.healthchecks.get("c"), config.healthchecks.get("d")].map((
      c,
    ) => [c?.type, c?.rise, c?.fall]),
    [["tcp", 8, 9], ["icmp", 7, 4]],
  );
});

Deno.test("an alias means the last anchor of its name before it", () => {
  const config = valid(`${head}  healthchecks:
    a: { type: icmp, interval: &t 1s }
    b: { type: icmp, interval: *t, timeout: &t 3s }
    c: { type: icmp, interval: *t }
`);
  assert.deepEqual(Array.from(config.healthchecks.values(), (c) => c.intervalMs), [
    1000,
    1000,
    3000,
  ]);
});

Deno.test("an empty host, server name or regexp is as good as none", () => {
  const params = `{ host: "", server-name: "", response-regexp: "" }`;
  const config = valid(
    `${head}  healthchecks: { a: { type: https, port: 1, params: ${params} } }\n`,
  );
  const check = config.healthchecks.get("a");
  assert.ok(check?.type === "https");
  assert.deepEqual(
    [check.host, check.tls.serverName, check.responseRegexp],
    Array(3).fill(undefined),
  );
});

Deno.test("the edges of every range are inside", () => {
  const config = valid(`maglev:
  healthchecker: { transition-history: 1 }
  vpp:
    lb:
      ipv4-src-address: 10.0.0.1
      ipv6-src-address: "2001:db8::1"
      sync-interval: 1ns
      sticky-buckets-per-core: 33554432
      buckets: 1048576
      flow-timeout: 120s
      startup-min-delay: 0
      startup-max-delay: 0
  healthchecks:
    a: { type: http, port: 65535, rise: 1, fall: 1000, params: { response-code: 100-599 } }
    b: { type: http, port: 1, interval: 24h, params: { response-code: 599 } }
  backends: { x: { address: 192.0.2.1, healthcheck: a } }
  frontends:
    f: { address: 192.0.2.9, port: 65535, protocol: udp, pools: [{ name: p, backends: { x: { weight: 0 } } }] }
    g: { address: 192.0.2.8, port: 0, pools: [{ name: p, backends: { x: { weight: 100 } } }] }
`);
  assert.equal(config.lb.stickyBucketsPerCore, 2 ** 25);
  assert.equal(config.lb.buckets, 2 ** 20);
  assert.equal(config.lb.flowTimeoutSeconds, 120);
  assert.deepEqual([config.lb.startupMinDelayMs, config.lb.startupMaxDelayMs], [0, 0]);
});

Deno.test("a regular expression keeps the blanks at its end, and a path may not have any", () => {
  const text = (params: string) =>
    `${head}  healthchecks: { a: { type: http, port: 1, params: { ${params} } } }\n`;
  const check = valid(text('response-regexp: "ok \\n"')).healthchecks.get("a");
  assert.ok(check?.type === "http");
  assert.equal(check.responseRegexp, "ok \n");
  assert.match(problemsOf(text('path: "/a "'))[0] ?? "", /: must be a path .*, not "\/a "$/);
});

Deno.test("a text that is left out is not asked to be put in quotes", () => {
  const told = (value: string) =>
    problemsOf(`${head}  healthchecker: { netns: ${value} }\n`)[0]?.replace(/^.*netns: /, "");
  for (const nothing of ["", "~", "null"]) {
    assert.equal(told(nothing), "expected a string, got nothing");
  }
  assert.equal(told("7"), "expected a string, got the number 7: put it in quotes");
});

Deno.test("a frontend needs a protocol with any port, the first included", () => {
  const frontend = "{ address: 192.0.2.9, port: 1, pools: [{ name: p, backends: { x: } }] }";
  const problems = problemsOf(`${head}  healthchecks: { c: { type: icmp } }
  backends: { x: { address: 192.0.2.1, healthcheck: c } }
  frontends: { f: ${frontend} }
`);
  const message = "maglev.frontends.f.protocol: is required because port is 1 (one of tcp, udp)";
  assert.deepEqual(problems.map((line) => line.replace(/^test\.yaml:\d+:\d+: /, "")), [message]);
});

Deno.test("parsing the same text again gives the same", () => {
  const text = goodText("full");
  assert.deepEqual(valid(text), valid(text));
});

Deno.test("all errors of a stage are told, each at its place", () => {
  const backends = Array.from({ length: 300 }, (_, i) => `    b${i}: { address: x${i} }\n`);
  const problems = problemsOf(`${head}  backends:\n${backends.join("")}`);
  assert.equal(problems.length, 300);
  assert.equal(
    problems[299],
    "test.yaml:304:22: maglev.backends.b299.address: expected an IP address, " +
      'got the string "x299"',
  );
});

Deno.test("a response code is a range, of one status when one is given", () => {
  const codes = { "200": [200, 200], "100": [100, 100], "599": [599, 599], "404-404": [404, 404] };
  for (const [code, range] of Object.entries({ ...codes, "200-399": [200, 399] })) {
    for (const text of [code, `"${code}"`]) {
      const params = `{ response-code: ${text} }`;
      const config = valid(
        `${head}  healthchecks: { a: { type: http, port: 1, params: ${params} } }\n`,
      );
      const check = config.healthchecks.get("a");
      assert.ok(check?.type === "http");
      assert.deepEqual([check.responseCodeMin, check.responseCodeMax], range, text);
    }
  }
});

Deno.test("a response code out of bounds is refused at either end of a range", () => {
  const refused = (code: string) =>
    problemsOf(`${head}  healthchecks:
    a: { type: http, port: 1, params: { response-code: ${code} } }
`)[0]?.replace(/.*response-code: /, "");
  const bounds = ["99", "600", "99-200", "200-99", "200-600", "600-200", "0", "99-99", "600-600"];
  for (const code of bounds) {
    assert.equal(refused(code), `must be within 100 to 599, not ${code}`);
  }
  assert.equal(refused("201-200"), "must start with the lower status, not 201-200");
  for (const code of ["2xx", "200-", "-200", "200-299-300", "200 - 299", "1000000000"]) {
    assert.match(refused(code) ?? "", /^expected an HTTP status such as 200 or a range/);
  }
});

Deno.test({
  name: "whatever the YAML library throws at is a problem of the file",
  // It looks at the environment before it parses.
  permissions: { env: false },
  fn: () => {
    const problem = 'test.yaml:1:1: cannot be read as YAML: Requires env access to "LOG_TOKENS", ' +
      "run again with the --allow-env flag";
    assert.deepEqual(problemsOf("maglev:\n"), [problem]);
  },
});

Deno.test("a key may have an anchor, which its own value can mean", () => {
  const config = valid(`${head}  healthchecks: { c: { type: icmp } }
  backends:
    &own 192.0.2.7: { address: *own, healthcheck: c }
`);
  assert.equal(config.backends.get("192.0.2.7")?.address.text, "192.0.2.7");
});

Deno.test("nothing is warned of while the weights are at most half of the buckets", () => {
  const warnings = (...weights: number[]) => {
    const members = weights.map((weight, i) => `b${i}: { weight: ${weight} }`).join(", ");
    const backends = weights.map((_, i) =>
      `    b${i}: { address: 192.0.2.${i}, healthcheck: c }\n`
    );
    const outcome = parseConfig(
      `${head}  healthchecks: { c: { type: icmp } }
  backends:
${backends.join("")}  frontends:
    f: { address: 198.51.100.1, fail-open: never, pools: [{ name: p, backends: { ${members} } }] }
`,
      "test.yaml",
    );
    assert.ok(outcome.kind === "valid");
    return outcome.warnings.length;
  };
  assert.equal(warnings(100, 50, 30), 0);
  assert.equal(warnings(100, 100, 100, 100, 7), 0);
  assert.equal(warnings(100, 100, 100, 100, 100, 7), 0);
  assert.equal(warnings(100, 100, 100, 100, 100, 7, 50), 1);
  assert.equal(warnings(100, 100, 100, 100, 100, 100), 0);
});
