import assert from "node:assert/strict";
import fc from "fast-check";
import { type Config, configDiffSteps } from "../../lib/config/mod.ts";
import { atOnce } from "../../lib/time/mod.ts";
import { goodText } from "./support/fixtures.ts";
import { bigFile, valid } from "./support/valid.ts";

const text = `maglev:
  healthchecker: { transition-history: 5 }
  safety: { max-removals: 40% }
  vpp:
    lb: { ipv4-src-address: 10.0.0.1, ipv6-src-address: "2001:db8::1" }
  healthchecks:
    ping: { type: icmp }
    web: { type: http, port: 80, params: { path: /a, host: h } }
    db: { type: tcp, port: 5432 }
    tls: { type: tcp, port: 443, params: { ssl: true } }
  backends:
    web1: { address: 192.0.2.1, healthcheck: web }
    web2: { address: 192.0.2.2, healthcheck: web }
    db1: { address: 192.0.2.3, healthcheck: db }
  frontends:
    www:
      address: 198.51.100.1
      protocol: tcp
      port: 80
      pools:
        - name: a
          backends:
            web1: { weight: 100 }
            web2: { weight: 30 }
        - name: b
          backends:
            db1:
    all: { address: 198.51.100.2, pools: [{ name: p, backends: { db1: } }] }
`;

/** The differences to the text after replacements, a line each. */
function linesOf(...replacements: readonly (readonly [from: string | RegExp, to: string])[]) {
  let after = text;
  for (const [from, to] of replacements) {
    const next = typeof from === "string" ? after.replaceAll(from, to) : after.replace(from, to);
    assert.notEqual(next, after, `${from} is not there`);
    after = next;
  }
  return lines(valid(text), valid(after));
}

function lines(before: Config, after: Config): string[] {
  return atOnce(configDiffSteps(before, after)).map(({ kind, change, name, details }) =>
    `${kind} ${name} ${change}: ${details.join(", ")}`.replace("  ", " ")
  );
}

Deno.test("a file that is read again differs in nothing", () => {
  assert.deepEqual(lines(valid(text), valid(text)), []);
  assert.deepEqual(lines(valid(text), valid(`# a comment\n${text}`)), []);
  assert.deepEqual(lines(valid(goodText("full")), valid(goodText("full"))), []);
});

Deno.test("a change is told by the key's name and both values", () => {
  const cases: [string | RegExp, string, ...string[]][] = [
    [
      "history: 5 }",
      "history: 7, netns: blue }",
      "healthchecker changed: transition-history 5 -> 7, netns none -> blue",
    ],
    [
      '8::1" }',
      '8::2", sync-interval: 90s, flow-timeout: 60s, buckets: 2048 }',
      "vpp changed: ipv6-src-address 2001:db8::1 -> 2001:db8::2, sync-interval 30s -> 1m30s, " +
      "buckets 1024 -> 2048, flow-timeout 40s -> 1m",
    ],
    [
      '8::1" }',
      '8::1", sticky-buckets-per-core: 1, startup-min-delay: 0, startup-max-delay: 1s }',
      "vpp changed: sticky-buckets-per-core 65536 -> 1, startup-min-delay 5s -> 0s, " +
      "startup-max-delay 30s -> 1s",
    ],
    ["10.0.0.1,", "10.0.0.2,", "vpp changed: ipv4-src-address 10.0.0.1 -> 10.0.0.2"],
    ["icmp }", "icmp, interval: 5s }", "healthcheck ping changed: interval 2s -> 5s"],
    [
      "icmp }",
      "icmp, fast-interval: 1s, down-interval: 3s, timeout: 1s, rise: 1, fall: 1 }",
      "healthcheck ping changed: fast-interval as interval -> 1s, " +
      "down-interval as interval -> 3s, timeout 2s -> 1s, rise 2 -> 1, fall 3 -> 1",
    ],
    [
      "icmp }",
      "icmp, probe-ipv4-src: 10.1.1.1, probe-ipv6-src: 2001:db8::7 }",
      "healthcheck ping changed: probe-ipv4-src unset -> 10.1.1.1, " +
      "probe-ipv6-src unset -> 2001:db8::7",
    ],
    [
      "icmp }",
      "tcp, port: 7 }",
      "healthcheck ping changed: type icmp -> tcp, port unset -> 7, ssl unset -> false",
    ],
    [
      "path: /a, host: h }",
      "path: /b, response-code: 200-299, response-regexp: ok, server-name: s }",
      'healthcheck web changed: path "/a" -> "/b", host "h" -> unset, ' +
      'response-code 200 -> 200-299, response-regexp unset -> "ok", server-name unset -> s',
    ],
    [
      "{ type: http,",
      "{ type: https,",
      "healthcheck web changed: type http -> https",
    ],
    [
      "ssl: true",
      "ssl: true, insecure-skip-verify: true",
      "healthcheck tls changed: insecure-skip-verify false -> true",
    ],
    [
      "params: { ssl: true }",
      "",
      "healthcheck tls changed: ssl true -> false, insecure-skip-verify false -> unset",
    ],
    [
      "ping: { type: icmp }",
      "ping: { type: icmp, flap: {} }",
      "healthcheck ping changed: flap never -> 6 within 10m, hold 1m to 30m",
    ],
    ["2.2, h", "2.4, h", "backend web2 changed: address 192.0.2.2 -> 192.0.2.4"],
    ["healthcheck: db }", "healthcheck: ping }", "backend db1 changed: healthcheck db -> ping"],
    ["db }", "db, enabled: false }", "backend db1 changed: enabled true -> false"],
    [
      "port: 80\n",
      "port: 81\n      src-ip-sticky: true\n      flush-on-down: false\n      fail-open: 50%\n      slow-start: 30s\n      description: d\n",
      'frontend www changed: description "" -> "d", port 80 -> 81, src-ip-sticky false -> true, ' +
      "flush-on-down true -> false, slow-start 0s -> 30s, fail-open never -> 50%",
    ],
    [
      /198.51.100.1\n {6}protocol: tcp/,
      "198.51.100.3\n      protocol: udp",
      "frontend www changed: address 198.51.100.1 -> 198.51.100.3, protocol tcp -> udp",
    ],
    ["weight: 30", "weight: 50", "frontend www changed: weight of web2 in pool a 30 -> 50"],
    ["  web2: { weight: 30 }", "", "frontend www changed: web2 removed from pool a"],
    [
      "            db1:\n",
      "            db1:\n            web3:\n",
      "backend web3 added: address 192.0.2.9",
      "frontend www changed: web3 added to pool b, weight 100",
    ],
    [
      "name: b\n",
      "name: c\n",
      "frontend www changed: pool b removed, pool c added, " +
      "db1 added to pool c, weight 100",
    ],
  ];
  for (const [from, to, ...expected] of cases) {
    const more: [RegExp, string][] = /web3/.test(to)
      ? [[/ {4}db1: \{/, "    web3: { address: 192.0.2.9, healthcheck: web }\n    db1: {"]]
      : [];
    assert.deepEqual(linesOf([from, to], ...more), expected);
  }
});

Deno.test("what is new or gone is told with what it is", () => {
  assert.deepEqual(
    linesOf(
      ["    db: {", "    dns: { type: tcp, port: 53 }\n    db: {"],
      [/ {4}ping: .*\n/, ""],
      [/ {4}web1: \{ addr.*\n/, "    web9: { address: 192.0.2.9, healthcheck: web }\n"],
      ["            web1: { weight: 100 }\n", ""],
      [
        "    all: { address: 198.51.100.2,",
        "    x: { address: 198.51.100.3, protocol: udp, port: 7,",
      ],
    ),
    [
      "healthcheck ping removed: type icmp",
      "healthcheck dns added: type tcp",
      "backend web1 removed: address 192.0.2.1",
      "backend web9 added: address 192.0.2.9",
      "frontend all removed: 198.51.100.2 all ports",
      "frontend www changed: web1 removed from pool a",
      "frontend x added: 198.51.100.3 udp port 7",
    ],
  );
});

Deno.test("pools in another order are another order of failing over", () => {
  const pools = (...names: string[]) =>
    valid(text.replace(/pools:\n[^]*? {4}all:/, () => {
      const listed = names.map((name) => `{ name: ${name}, backends: { ${name}1: } }`);
      return `pools: [${listed.join(", ")}]\n    all:`;
    }));
  assert.deepEqual(lines(pools("web", "db"), pools("db", "web")), [
    "frontend www changed: pools web, db -> db, web",
  ]);
  assert.deepEqual(lines(pools("web", "db"), pools("db")), [
    "frontend www changed: pool web removed",
  ]);
  const added = "frontend www changed: pool db added, db1 added to pool db, weight 100";
  assert.deepEqual(lines(pools("web"), pools("web", "db")), [added]);
  assert.deepEqual(lines(pools("web"), pools("db", "web")), [`${added}, pools web -> db, web`]);
});

Deno.test("members in another order are no difference", () => {
  const [one, other] = ["web1: { weight: 100 }", "web2: { weight: 30 }"];
  const gap = "\n            ";
  assert.deepEqual(linesOf([`${one}${gap}${other}`, `${other}${gap}${one}`]), []);
});

Deno.test("another name is one change, and none to what refers to it", () => {
  assert.deepEqual(linesOf(["web2", "www2"]), ["backend www2 renamed: from web2"]);
  assert.deepEqual(linesOf([/web:/, "http:"], ["healthcheck: web ", "healthcheck: http "]), [
    "healthcheck http renamed: from web",
  ]);
  assert.deepEqual(linesOf([/ {4}www:/, "    site:"]), ["frontend site renamed: from www"]);
  assert.deepEqual(
    linesOf(
      ["healthcheck: web ", "healthcheck: http "],
      [/web:/, "http:"],
      ["web2: {", "www2: {"],
      ["healthcheck: db }", "healthcheck: db, enabled: false }"],
      ["weight: 30", "weight: 29"],
    ),
    [
      "healthcheck http renamed: from web",
      "backend www2 renamed: from web2",
      "backend db1 changed: enabled true -> false",
      "frontend www changed: weight of www2 in pool a 30 -> 29",
    ],
  );
  assert.deepEqual(
    linesOf([/ {4}db1: (.*) }/, "    db7: $1, enabled: false }"], ["db1:", "db7:"]),
    [
      "backend db7 renamed: from db1, enabled true -> false",
    ],
  );
});

Deno.test("elsewhere or probed in another way it is another one", () => {
  assert.deepEqual(linesOf(["web2: {", "www2: {"], ["192.0.2.2", "192.0.2.7"]), [
    "backend web2 removed: address 192.0.2.2",
    "backend www2 added: address 192.0.2.7",
    "frontend www changed: www2 added to pool a, weight 30, web2 removed from pool a",
  ]);
  assert.deepEqual(
    linesOf(["db1:", "db7:"], ["healthcheck: db ", "healthcheck: ping "]).slice(0, 2),
    [
      "backend db1 removed: address 192.0.2.3",
      "backend db7 added: address 192.0.2.3",
    ],
  );
  assert.deepEqual(linesOf(["db1:", "db7:"], ["port: 5432", "port: 5433"]).slice(0, 3), [
    "healthcheck db changed: port 5432 -> 5433",
    "backend db1 removed: address 192.0.2.3",
    "backend db7 added: address 192.0.2.3",
  ]);
  assert.deepEqual(
    linesOf(["    all: { address: 198.51.100.2", "    any: { address: 198.51.100.7"]),
    [
      "frontend all removed: 198.51.100.2 all ports",
      "frontend any added: 198.51.100.7 all ports",
    ],
  );
});

Deno.test("of several at one address each is renamed once, and no name is taken from one that stays", () => {
  const listed = (...names: string[]) =>
    valid(
      text.replace(/ {2}frontends:[^]*/, "").replace(
        / {4}db1: .*\n/,
        names.map((name) => `    ${name}: { address: 192.0.2.3, healthcheck: db }\n`).join(""),
      ),
    );
  assert.deepEqual(lines(listed("a", "b", "c"), listed("b", "x", "y")), [
    "backend x renamed: from a",
    "backend y renamed: from c",
  ]);
  assert.deepEqual(lines(listed("a"), listed("x", "y")), [
    "backend x renamed: from a",
    "backend y added: address 192.0.2.3",
  ]);
  assert.deepEqual(lines(listed("a", "b"), listed("x")), [
    "backend b removed: address 192.0.2.3",
    "backend x renamed: from a",
  ]);
});

Deno.test("details beyond twenty are only counted", () => {
  const before = valid(bigFile(30, 1));
  const members = (count: number) => {
    const pool = before.frontends.get("vip-0")?.pools[0] ?? assert.fail();
    const backends = Array.from({ length: count }, (_, i) => ({ backend: `web-${i}`, weight: 77 }));
    const frontend = { ...before.frontends.get("vip-0") ?? assert.fail() };
    const pools = [{ ...pool, backends }];
    return { ...before, frontends: new Map([["vip-0", { ...frontend, pools }]]) };
  };
  const detailsOf = (count: number) =>
    atOnce(configDiffSteps(before, members(count)))[0]?.details ?? [];
  assert.equal(detailsOf(20).length, 20);
  assert.equal(detailsOf(20).at(-1), "web-19 added to pool primary, weight 77");
  assert.equal(detailsOf(21).at(-1), "and 1 more");
  assert.deepEqual(detailsOf(23).slice(-2), [
    "web-19 added to pool primary, weight 77",
    "and 3 more",
  ]);
});

Deno.test("a renaming of everything and back is told the same way round", () => {
  const some = fc.array(fc.constantFrom("web1", "web2", "db1"), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(some, (names) => {
      const renamed = names.reduce((all, name) => all.replaceAll(name, `new-${name}`), text);
      const there = lines(valid(text), valid(renamed));
      const back = lines(valid(renamed), valid(text));
      const turned = there.map((line) =>
        line.replace(/(\S+) renamed: from (\S+)/, "$2 renamed: from $1")
      );
      assert.deepEqual(back, turned);
    }),
    { seed: 4, numRuns: 50 },
  );
});

Deno.test("the work is done in small steps", () => {
  const [before, after] = [valid(bigFile(300, 30)), valid(bigFile(400, 20))];
  let steps = 0;
  for (const work = configDiffSteps(before, after);;) {
    const step = work.next();
    if (step.done) {
      assert.deepEqual(step.value, atOnce(configDiffSteps(before, after)));
      break;
    }
    steps++;
  }
  // Backends, frontends and the one check are each looked at before, after and for their changes;
  // the ten frontends that are gone once more.
  assert.equal(steps, 300 + 2 * 400 + (30 + 2 * 20) + 10 + 3);
});
