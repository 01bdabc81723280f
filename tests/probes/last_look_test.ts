import assert from "node:assert/strict";
import { type Logger, silentLogger } from "../../lib/log/mod.ts";
import { Engine } from "../../lib/net/mod.ts";
import { createProber, type ProbeResult } from "../../lib/probes/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { RawServer } from "../net/support/raw_server.ts";
import { stampsCome } from "../net/support/stamps.ts";
import { ip } from "../support/ip.ts";
import { httpCheck } from "./support/checks.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Starts `count` probes, has the server answer all of them, and turns the clock to `lookAtMs`. */
async function probeAll(
  count: number,
  timeoutMs: number,
  lookAtMs: number,
  waitedMs: number,
  log: Logger = silentLogger,
): Promise<ProbeResult[]> {
  const clock = new FakeClock();
  await using engine = new Engine(clock, { kernelAge: () => waitedMs });
  await stampsCome();
  using prober = createProber(engine, { log, version: "1" });
  using server = new RawServer();
  const results: ProbeResult[] = [];
  const check = httpCheck({ port: server.port, timeoutMs });
  const target = { address: ip("127.0.0.1"), check, netns: "" };
  // From here on the event loop gets no turn: nobody looks at a socket before a deadline fires.
  for (let i = 0; i < count; i++) prober.start(target, (result) => results.push(result));
  server.send(ok, Array.from({ length: count }, () => server.accept()));
  assert.equal(results.length, 0);
  clock.jump(lookAtMs);
  return results;
}

Deno.test("150 answers after 3 ms that are looked at after the deadline are no failures", async () => {
  const results = await probeAll(150, 15, 16, 13);
  assert.equal(results.length, 150);
  for (const result of results) {
    assert.deepEqual(result, { ok: true, code: "L7OK", detail: "status 200", durationMs: 3 });
  }
});

Deno.test("an answer that came while maglevd was stopped for a minute counts", async () => {
  assert.deepEqual(await probeAll(1, 2000, 60_000, 59_995), [
    { ok: true, code: "L7OK", detail: "status 200", durationMs: 5 },
  ]);
});

Deno.test("what a probe took is logged to the microsecond", async () => {
  const log = new RecordedLog();
  await probeAll(1, 100, 120, 118.7654321, log);
  assert.deepEqual(log.named("probe-done").map((each) => each["duration-ms"]), [1.235]);
});
