import assert from "node:assert/strict";
import { ServiceManager } from "../../lib/service/mod.ts";
import type { LogAttributes, Logger } from "../../lib/log/mod.ts";
import { sendUnixDatagram } from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";

function setUp(variables: Record<string, string>, send?: (path: string) => void) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const logged: string[] = [];
  const note = (msg: string, attributes?: LogAttributes) =>
    void logged.push(`${msg} ${attributes?.err}`);
  const log: Logger = { debug: note, info: note, warn: note, error: note, enabled: () => true };
  const manager = new ServiceManager({
    environment: { get: (name) => variables[name] },
    pid: 42,
    clock,
    log,
    send: (path, message) => {
      send?.(path);
      sent.push(`${path}: ${new TextDecoder().decode(message).replaceAll("\n", " ")}`);
    },
  });
  return { clock, sent, logged, manager };
}

Deno.test("the manager hears of start, reload and stop", () => {
  const { sent, manager } = setUp({ NOTIFY_SOCKET: "/run/notify" });
  manager.ready("2 frontends");
  manager.reloading();
  manager.ready("3 frontends");
  manager.status("could not start");
  manager.stopping("ended: SIGTERM");
  assert.deepEqual(sent, [
    "/run/notify: READY=1 STATUS=2 frontends",
    "/run/notify: RELOADING=1",
    "/run/notify: READY=1 STATUS=3 frontends",
    "/run/notify: STATUS=could not start",
    "/run/notify: STOPPING=1 STATUS=ended: SIGTERM",
  ]);
});

Deno.test("without NOTIFY_SOCKET nothing is sent", () => {
  const { sent, manager } = setUp({});
  manager.ready("");
  manager.stopping("");
  assert.deepEqual(sent, []);
});

Deno.test("the watchdog is fed at a third of its period, and starves on a complaint", () => {
  const { sent, logged, manager, clock } = setUp({
    NOTIFY_SOCKET: "@n",
    WATCHDOG_USEC: "30000000",
    WATCHDOG_PID: "42",
  });
  let trouble: string | undefined;
  manager.watch(() => trouble);
  clock.advance(20_000);
  assert.deepEqual(sent, ["@n: WATCHDOG=1", "@n: WATCHDOG=1"]);
  trouble = "probes are 9 s late";
  clock.advance(20_000);
  assert.equal(sent.length, 2);
  assert.deepEqual(logged, [
    "watchdog-not-fed probes are 9 s late",
    "watchdog-not-fed probes are 9 s late",
  ]);
  trouble = undefined;
  clock.advance(10_000);
  assert.equal(sent.length, 3);
  manager.stopping("");
  clock.advance(60_000);
  assert.equal(sent.at(-1), "@n: STOPPING=1 STATUS=");
  assert.equal(clock.pending, 0);
});

Deno.test("a watchdog of another process is not fed", () => {
  const { manager, clock } = setUp({
    NOTIFY_SOCKET: "@n",
    WATCHDOG_USEC: "30000000",
    WATCHDOG_PID: "7",
  });
  manager.watch(() => undefined);
  assert.equal(clock.pending, 0);
});

Deno.test("a manager that does not listen is logged once and no more", () => {
  const { logged, manager } = setUp(
    { NOTIFY_SOCKET: "/nowhere/notify" },
    (path) => sendUnixDatagram(path, new Uint8Array(1)),
  );
  manager.ready("");
  manager.stopping("");
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? "", /^service-manager-unreachable .*\/nowhere\/notify.*/);
});
