import { equal, match } from "node:assert/strict";
import { narrate, painter } from "../../tools/demo/narrator.ts";

const plain = painter(false);

function record(msg: string, attributes: Record<string, unknown>, level = "INFO"): string {
  return JSON.stringify({ time: "2026-11-21T02:38:45.855123Z", level, msg, ...attributes });
}

Deno.test("a transition is told with its reason", () => {
  const attributes = { backend: "a", from: "up", to: "down", code: "L7STS", detail: "status 503" };
  equal(
    narrate(record("backend-transition", attributes), plain),
    "02:38:45.855   backend a: up -> down (L7STS: status 503)",
  );
});

Deno.test("a change in VPP is told with its VIP", () => {
  const vip = { vip: "192.0.2.1/32", protocol: "tcp", port: 80, address: "127.0.0.1" };
  equal(
    narrate(record("vpp-lbsync-as-weight", { ...vip, from: 100, to: 0, flush: true }), plain),
    "02:38:45.855   vpp: server 127.0.0.1 of 192.0.2.1/32 tcp 80, weight 100 -> 0, flows flushed",
  );
});

Deno.test("what keeps traffic safe is told with its reason", () => {
  const told = (msg: string, attributes: Record<string, unknown>) =>
    narrate(record(msg, attributes), plain)?.slice("02:38:45.855   ".length);
  const of = { frontend: "www", backend: "a", detail: "1 of 4 up", change: "begun" };
  equal(told("fail-open-begun", of), "frontend www: fails open (1 of 4 up)");
  equal(told("fail-open-ended", of), "frontend www: follows its checks again (1 of 4 up)");
  equal(told("flap-hold-begun", of), "backend a: kept down (1 of 4 up)");
  equal(told("flap-hold-ended", of), "backend a: kept down no more (1 of 4 up)");
  equal(told("backend-drain", of), "backend a: drain begun");
});

Deno.test("other records are told plainly, warnings with their level, noise not at all", () => {
  match(narrate(record("api-listening", { addr: ":1" }), plain) ?? "", /api-listening addr=:1$/);
  match(narrate(record("x", {}, "WARN"), plain) ?? "", / WARN x$/);
  equal(narrate(record("vpp-lbsync-done", {}), plain), undefined);
  equal(narrate("Segmentation fault", plain), "Segmentation fault");
});

Deno.test("colour is only where it is wanted", () => {
  const line = record("backend-transition", { backend: "a", from: "up", to: "down" });
  equal((narrate(line, painter(true)) ?? "").includes("\x1b[31mdown\x1b[0m"), true);
});
