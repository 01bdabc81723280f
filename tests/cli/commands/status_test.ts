import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { troubledBackends, troubleLines } from "../../../lib/cli/commands/status_found.ts";
import { BackendInfoSchema } from "../../../lib/gen/maglev_pb.ts";
import type { DaemonStatus } from "../../../lib/api/convert/status.ts";
import { OperatorError } from "../../../lib/events/mod.ts";
import type { VppInfo, VppService } from "../../../lib/vpp/mod.ts";
import { pass } from "../../checker/support/bench.ts";
import { type Harness, serve } from "../../api/support/harness.ts";
import { vpp } from "../../api/support/service_bed.ts";
import { uncounted } from "../../port/support/listening.ts";
import { steer } from "../../support/steer.ts";
import { linesAt } from "../support/one_shot.ts";

const status = ({ address }: Harness) => linesAt(address, "show status");

/** A maglevd whose file is the one in force. */
async function site(
  up: readonly string[],
  vpp?: VppService,
  {
    state = { directory: "/var/lib/m", notKept: undefined, troubles: [] },
    authRejected = "",
    unreadable = "",
    impaired,
    tls,
  }: Partial<Pick<DaemonStatus, "authRejected" | "impaired" | "state" | "tls">> & {
    readonly unreadable?: string;
  } = {},
): Promise<Harness> {
  const config = { path: "m.yaml", loadedAt: 2_000, isChanged: false, unreadable, rejected: "" };
  const status = () =>
    Promise.resolve({ startedAt: 1_000, config, impaired, authRejected, state, tls });
  const harness = await serve({ status, vpp });
  for (const name of up) harness.bed.move(name, "up");
  return harness;
}

Deno.test("all is well where everything is up and as the file says", async () => {
  await using harness = await site(["web0", "web1", "web2", "web3"]);
  const { code, said } = await status(harness);
  assert.equal(code, 0, said.join("\n"));
  assert.equal(said[0], "status     all is well");
  assert.ok(said.includes("backends   4 up"));
  assert.ok(said.includes("state      kept in /var/lib/m"));
  assert.ok(said.includes("vpp        VPP integration is disabled"), "off is no fault");
  assert.ok(!said.some((line) => line === "by hand" || line === "wrong"));
});

Deno.test("one connection does, as there may be no more", async () => {
  let opened = 0;
  await using harness = await serve({ connections: { ...uncounted, opened: () => void opened++ } });
  for (const line of ["show status", "show backends by-hand"]) {
    opened = 0;
    await linesAt(harness.address, line);
    assert.equal(opened, 1, line);
  }
});

Deno.test("backends that cannot be probed are told, with what lacks, and a file that is gone", async () => {
  const impaired = { since: 5_000, reason: "open a socket: too many open files", backends: 2 };
  const unreadable = "cannot be read: no such file";
  await using harness = await site(["web0", "web1", "web2", "web3"], undefined, {
    impaired,
    unreadable,
  });
  const { code, said } = await status(harness);
  assert.equal(code, 5);
  assert.deepEqual(said.slice(said.indexOf("wrong") + 1), [
    "  2 backends cannot be probed, since 1970-01-01 00:00:05.000Z, and keep their states: " +
    "open a socket: too many open files",
    "  the configuration file cannot be read: no such file: maglevd goes on with what it has " +
    "loaded, and would not start again",
  ]);
  assert.equal(said[0], "status     2 things are wrong");
  await using alone = await site(["web0", "web1", "web2", "web3"], undefined, { unreadable });
  assert.equal((await status(alone)).said[0], "status     1 thing is wrong");
});

Deno.test("what is down, on a fallback or by hand is told, and ends with 5", async () => {
  await using harness = await site(["web2"]);
  const { checker } = harness.bed;
  steer(checker).disable("web3", { name: "anna", from: "192.0.2.7" });
  steer(checker).setWeight("www", "fallback", "web2", 0, false);
  for (const name of ["web0", "web1"]) harness.bed.move(name, "down");
  const { code, said } = await status(harness);
  assert.equal(code, 5);
  assert.equal(said[0], "status     2 things are wrong");
  const wrong = said.slice(said.indexOf("wrong") + 1, said.indexOf("backends in trouble"));
  // The clock of the daemon is not that of maglevc.
  assert.deepEqual(wrong.map((line) => line.replace(/ for \d+d(?:\d+h)?/, " for long")), [
    "  frontend api is on pool fallback for long, not on primary: 2 backends down",
    "  frontend www is down for long: " +
    "2 backends down, 1 with weight 0 by hand, 1 disabled by hand",
  ]);
  const hand = said.slice(said.indexOf("by hand") + 1);
  assert.match(
    hand[0] ?? "",
    /^ {2}backend web3: disabled by anna from 192.0.2.7 .* ago; the file says enabled$/,
  );
  assert.match(
    hand[1] ?? "",
    /^ {2}weight of web2 in pool fallback of www: 0 by operator .*; the file says 100$/,
  );
});

Deno.test("a frontend that carries nothing until a probe has passed is in trouble, not so at the start", async () => {
  await using harness = await site([]);
  assert.ok(!(await status(harness)).said.includes("wrong"), "VPP keeps what it has");
  for (const name of ["web0", "web1"]) {
    harness.bed.move(name, "up");
    steer(harness.bed.checker).pause(name);
    steer(harness.bed.checker).resume(name);
  }
  for (const name of ["web2", "web3"]) steer(harness.bed.checker).disable(name);
  const { said } = await status(harness);
  assert.ok(
    said.includes("  frontend www carries nothing: 2 backends unknown, 2 disabled by hand"),
    said.join("\n"),
  );
});

Deno.test("a backend that is down although its last probe passed is told so", () => {
  const lastProbe = { ok: true, code: "L7OK", detail: "status 200" };
  const backend = create(BackendInfoSchema, { name: "b", state: "down", lastProbe });
  assert.deepEqual(troubleLines([backend], 0), [
    "b is down: its last probe passed, L7OK (status 200); in no frontend",
  ]);
});

Deno.test("backends that are down or flap are told where every frontend is up, and end with 0", async () => {
  await using harness = await site(["web1", "web2", "web3"]);
  harness.bed.move("web0", "down");
  for (let i = 0; i < 2; i++) {
    for (const to of ["down", "up"] as const) harness.bed.move("web3", to);
  }
  const { code, said } = await status(harness);
  assert.equal(code, 0);
  assert.equal(said[0], "status     no frontend is in trouble, 2 backends are in trouble");
  const told = said.slice(said.indexOf("backends in trouble") + 1);
  assert.match(told[0] ?? "", /^ {2}web3 flaps: changed \d times in 10 minutes, is up; in /);
  assert.match(told[1] ?? "", /^ {2}web0 is down for \S+: L7STS \(status 503\); in /);
});

Deno.test("who is out of service by an operator's word is in no trouble, however often it changed", () => {
  const backend = (state: string) =>
    create(BackendInfoSchema, { name: state, state, recentChanges: 9, frontends: [] });
  const backends = ["up", "unknown", "paused", "disabled", "down"].map(backend);
  const names = troubledBackends(backends).map(({ name }) => name);
  assert.deepEqual(names, ["up", "unknown", "down"]);
});

Deno.test("the status names ten backends in trouble, and says how many there are", () => {
  const backends = Array.from(
    { length: 12 },
    (_, i) =>
      create(BackendInfoSchema, {
        name: `b${i}`,
        state: i === 5 ? "up" : "down",
        frontends: ["f"],
      }),
  );
  const troubled = troubledBackends(backends);
  assert.equal(troubled.length, 11);
  const lines = troubleLines(troubled, 0);
  assert.equal(lines.length, 11);
  assert.equal(lines[0], "b0 is down; in f");
  assert.equal(lines[10], "and 1 more: show backends down, show backends flapping");
});

Deno.test("a VPP that is away is told with since when, why, and when it is tried again", async () => {
  const now = Date.now();
  const away = { since: now - 5_400_000, reason: "nobody listens", nextTryAt: now + 4_000_000 };
  await using harness = await site(["web0", "web1", "web2", "web3"], {
    ...vpp,
    away: () => away,
    warmup: () => ({ phase: "quiet", until: now + 7_000_000 }),
  });
  const { code, said } = await status(harness);
  assert.equal(code, 5);
  const line = said.find((each) => each.startsWith("vpp")) ?? "";
  assert.match(line, /not connected since .* \(1h3\dm ago\): nobody listens; next try in 1h\dm/);
  const warmup = said.find((each) => each.startsWith("warm-up")) ?? "";
  assert.match(warmup, /quiet: no VIP is touched, before \d{4}-.*, in 1h5\dm$/);
  assert.ok(said.includes("  VPP is not connected"));
});

Deno.test("while VPP is away whatever asks for it says since when, why, and the next try", async () => {
  const now = Date.now();
  const gone = () => Promise.reject(new OperatorError("unavailable", "VPP is not connected"));
  await using harness = await site([], {
    ...vpp,
    away: () => ({ since: now - 5_400_000, reason: "nobody listens", nextTryAt: now + 4_000_000 }),
    ...{ state: gone, plan: gone, sync: gone },
  });
  const wanted =
    /^error: VPP is not connected since .* \(1h3\dm ago\): nobody listens; next try in 1h\dm$/;
  for (const what of ["info", "lb state", "lb plan", "lb counters"]) {
    const { code, said } = await linesAt(harness.address, `show vpp ${what}`);
    assert.equal(code, 1, what);
    assert.match(said.join("\n"), wanted, what);
  }
  assert.match((await linesAt(harness.address, "sync vpp lb state")).said.join("\n"), wanted);
  const waited = await linesAt(harness.address, "wait vpp in-step --timeout 0s");
  assert.equal(waited.code, 5);
  assert.match(
    waited.said.join("\n"),
    /^error: still not so after 0s: VPP is not connected since .*: nobody listens; next try in /,
  );
});

Deno.test("a VPP that says no, or is turned off, is told of in its own words", async () => {
  const plan = () =>
    Promise.reject(new OperatorError("unavailable", "VPP did not answer: it hangs"));
  await using harness = await site([], { ...vpp, plan });
  const { said } = await linesAt(harness.address, "show vpp lb plan");
  assert.deepEqual(said, ["error: VPP did not answer: it hangs"]);
  await using off = await site([]);
  assert.deepEqual((await linesAt(off.address, "show vpp info")).said, [
    "error: VPP integration is disabled",
  ]);
});

Deno.test("while the warm-up lasts a VPP that is not in step is no fault, nor is all well", async () => {
  const now = Date.now();
  const info: VppInfo = {
    ...{ version: "26.06", buildDate: "", buildDirectory: "", pid: 1 },
    ...{ bootTime: now, connectedSince: now },
  };
  const step = { inStep: false, since: now, checkedAt: now, differs: ["vip-add 192.0.2.1"] };
  const early: VppService = {
    ...vpp,
    ...{ info: () => info, step: () => step },
    warmup: () => ({ phase: "settling", until: now + 7_000_000 }),
  };
  await using harness = await site(["web0", "web1", "web2", "web3"], early);
  const { code, said } = await status(harness);
  assert.equal(code, 5, "as the plan says that something is to be done");
  assert.equal(said[0], "status     warming up: VPP does not hold everything yet");
  const line = said.find((each) => each.startsWith("vpp")) ?? "";
  assert.match(line, /not in step yet, since the warm-up lasts, checked .* ago$/);
  assert.ok(!said.includes("wrong"));
  await using late = await site(["web0", "web1", "web2", "web3"], {
    ...early,
    step: () => ({ ...step, inStep: true, differs: [] }),
  });
  assert.equal((await status(late)).said[0], "status     all is well");
});

Deno.test("state that is not kept, or was lost, is a thing that is wrong", async () => {
  const up = ["web0", "web1", "web2", "web3"];
  const full = "database or disk is full";
  await using failing = await site(up, undefined, {
    state: {
      ...{ directory: "/var/lib/m", notKept: { since: Date.now() - 90_000, reason: full } },
      troubles: [{ at: 1_000, text: "/var/lib/m/state.db was damaged" }, { at: 2_000, text: full }],
    },
  });
  const { code, said } = await status(failing);
  assert.equal(code, 5);
  assert.match(said.join("\n"), /^state +NOT KEPT since .* \(1m3\ds ago\): .* disk is full$/m);
  assert.ok(
    said.includes(`  what operators say is not kept, and forgotten at a restart: ${full}`),
  );
  const wrong = said.slice(said.indexOf("wrong") + 1).join("\n");
  assert.match(wrong, /^ {2}state, at 1970-01-01 .*: \/var\/lib\/m\/state.db was damaged$/m);
  assert.equal(wrong.split(full).length, 2, "it is said once");
  const { said: json } = await linesAt(failing.address, "show status --json");
  assert.partialDeepStrictEqual(JSON.parse(json.join("\n")), {
    status: { state: { directory: "/var/lib/m", notKept: full } },
  });
});

Deno.test("that nothing outlives the process is said, and is no fault", async () => {
  const state = { directory: "", notKept: undefined, troubles: [] };
  await using harness = await site(["web0", "web1", "web2", "web3"], undefined, { state });
  const { code, said } = await status(harness);
  assert.equal(code, 0);
  assert.ok(
    said.includes("state      in memory only: forgotten at a restart (--state-dir is empty)"),
  );
});

Deno.test("certificates that end within 14 days are told, the first to end first", async () => {
  await using harness = await site([]);
  const day = 86_400_000;
  const days = { web0: 13.5, web1: -1.5, web2: 14.5 };
  for (const [name, left] of Object.entries(days)) {
    harness.bed.probe(name, { ...pass, certificateEnd: Date.now() + left * day });
  }
  harness.bed.move("web3", "up");
  const { code, said } = await status(harness);
  assert.equal(code, 0, said.join("\n"));
  const told = said.slice(said.indexOf("certificates that end soon") + 1);
  assert.deepEqual(told.map((line) => line.replace(/\d{4}-[^(]*/, "")), [
    "  of backend web1 ended (1d12h ago)",
    "  of backend web0 ends (in 13d11h)",
  ]);
});

Deno.test("what connections are secured with is told, and when that ends", async () => {
  const day = 86_400_000;
  const shown = async (tls: DaemonStatus["tls"]) => {
    await using harness = await site(["web0", "web1", "web2", "web3"], undefined, { tls });
    const { code, said } = await status(harness);
    const about = said.filter((line) => /certificate|TLS|^tls/.test(line))
      .map((line) => line.replace(/ends? .*\)|ended .*\)/, (text) => text.split(" ", 1)[0] ?? ""));
    return [code, ...about];
  };
  const path = "/etc/m/cert.pem";
  const now = Date.now();
  assert.deepEqual(await shown(undefined), [0]);
  assert.deepEqual(await shown({ path, end: now + 90 * day, rejected: "" }), [
    0,
    "tls        /etc/m/cert.pem ends",
  ]);
  assert.deepEqual(await shown({ path, end: now + 9 * day, rejected: "" }), [
    0,
    "tls        /etc/m/cert.pem ends",
    "certificates that end soon",
  ]);
  assert.deepEqual(await shown({ path, end: now - day, rejected: "--tls-key /k: is gone" }), [
    5,
    "tls        /etc/m/cert.pem ended",
    "  maglevd's own certificate ended",
    "  the files of TLS are not the ones in force: --tls-key /k: is gone",
    "certificates that end soon",
  ]);
});

Deno.test("that who may do what is not what the file says is told", async () => {
  const authRejected = "/etc/auth.yaml:3:9: no such role\n/etc/auth.yaml:4:9: no user carol";
  const up = ["web0", "web1", "web2", "web3"];
  await using harness = await site(up, undefined, { authRejected });
  const { code, said } = await status(harness);
  assert.equal(code, 5);
  assert.ok(said.includes(
    "  the file of --auth is not the one in force: " + authRejected.replace("\n", "; "),
  ));
});
