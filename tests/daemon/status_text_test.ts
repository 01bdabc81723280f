import { equal } from "node:assert/strict";
import { oneLine, refusedStatus, runningStatus } from "../../lib/daemon/status_text.ts";
import { parseConfig } from "../../lib/config/mod.ts";

function parsed(text: string) {
  return parseConfig(text, "m.yaml");
}

Deno.test("a daemon at work says how much it has, and why its last reload did nothing", () => {
  const outcome = parsed(`maglev:
  vpp: { lb: { ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1" } }
`);
  if (outcome.kind !== "valid") throw new Error("not a valid file");
  equal(runningStatus(outcome.config), "0 frontends, 0 backends, 0 health checks");
  equal(
    runningStatus(outcome.config, "m.yaml:3:5: one\nm.yaml:9:1: two\nm.yaml:9:2: three"),
    "0 frontends, 0 backends, 0 health checks; not reloaded: m.yaml:3:5: one (and 2 more)",
  );
});

Deno.test("a configuration with which it does not start is named with its line", () => {
  const outcome = parsed("maglev:\n  wrong: 1\n  vpp: 2\n");
  if (outcome.kind !== "invalid") throw new Error("a valid file");
  const status = refusedStatus(outcome);
  equal(
    status.replace(/: unknown.*\(/, ": … ("),
    "configuration refused: m.yaml:2:3: maglev.wrong: … (and 1 more)",
  );
});

Deno.test("a status is one line of limited length, whatever was in a file", () => {
  equal(oneLine("a\tb\x1b[31m\0\x7f"), "a b [31m  ");
  equal(oneLine("x".repeat(1000)), "x".repeat(1000));
  equal(oneLine("x".repeat(1001)), `${"x".repeat(1000)}…`);
});
