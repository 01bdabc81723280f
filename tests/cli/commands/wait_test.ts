import assert from "node:assert/strict";
import { parseFlags } from "../../../lib/cli/flags.ts";
import type { VppService } from "../../../lib/vpp/mod.ts";
import { serve } from "../../api/support/harness.ts";
import { runAt } from "../support/one_shot.ts";

Deno.test("what is so already is not waited for, and what there is not is no wait", async () => {
  await using harness = await serve();
  const { address, bed } = harness;
  bed.move("web0", "up");
  assert.deepEqual(await runAt(address, "wait backend web0 up"), {
    code: 0,
    said: "backend web0 is up",
  });
  assert.deepEqual(await runAt(address, "wait frontend www up"), {
    code: 0,
    said: "frontend www is up",
  });
  assert.equal((await runAt(address, "wait backend nobody up")).code, 3);
  assert.equal((await runAt(address, "wait vpp in-step")).code, 1, "VPP is off");
});

Deno.test("what does not come in time ends with 5 and says how it is", async () => {
  await using harness = await serve();
  harness.bed.move("web0", "up");
  assert.deepEqual(await runAt(harness.address, "wait backend web0 down --timeout 0s"), {
    code: 5,
    said: "error: still not so after 0s: backend web0 is up",
  });
});

Deno.test("what comes while it is waited for ends the wait", async () => {
  await using harness = await serve();
  const { address, bed, observer } = harness;
  const waiting = runAt(address, "wait backend web0 up --timeout 10m");
  await observer.until("started maglev.Maglev/GetBackend", 2);
  bed.move("web0", "up");
  assert.deepEqual(await waiting, { code: 0, said: "backend web0 is up" });
});

Deno.test("a VPP that is away may come back, be told of changes, and be in step", async () => {
  let looks = 0;
  const info = () =>
    ++looks === 1 ? undefined : {
      ...{ version: "26.10", buildDate: "", buildDirectory: "", pid: 1 },
      ...{ bootTime: 0, connectedSince: 0 },
    };
  const pendingSince = () => looks === 3 ? 1 : undefined;
  const nothing = () => Promise.reject(new Error("not asked for"));
  const vpp: VppService = {
    info,
    step: () => ({
      ...{ inStep: looks > 2, since: 1, checkedAt: 1, differs: [] },
      pendingSince: pendingSince(),
    }),
    complaint: () => undefined,
    away: () => undefined,
    warmup: () => ({ phase: "over" }),
    counters: () => undefined,
    ...{ state: nothing, plan: nothing, foresee: nothing, sync: nothing },
  };
  await using harness = await serve({ vpp });
  assert.deepEqual(await runAt(harness.address, "wait vpp in-step --timeout 10m"), {
    code: 0,
    said: "VPP is in step",
  });
  assert.equal(looks, 4);
});

Deno.test("a timeout is a time, and only for what waits", async () => {
  await using harness = await serve();
  const { address } = harness;
  assert.throws(
    () => parseFlags(["--timeout", "soon"], { get: () => undefined }),
    /--timeout wants a time such as 30s or 5m, not "soon"/,
  );
  assert.deepEqual(await runAt(address, "show backends --timeout 3s"), {
    code: 2,
    said: "error: --timeout is for wait",
  });
});

Deno.test("a backend is drained by hand, waited for and shown", async () => {
  await using harness = await serve();
  const { address, bed } = harness;
  bed.move("web0", "up");
  assert.deepEqual(await runAt(address, "wait backend web0 drained"), {
    code: 1,
    said: "error: backend web0 is not being drained",
  });
  const refused = await runAt(address, "set backend web0 drain for 0s");
  assert.deepEqual(refused, { code: 1, said: "error: the time has to be above 0" });
  const { said } = await runAt(address, "set backend web0 drain for 10m --yes");
  assert.match(said, /backend web0 drains, and is up/);
  assert.deepEqual(await runAt(address, "wait backend web0 drained --timeout 0s"), {
    code: 5,
    said: "error: still not so after 0s: backend web0 is draining",
  });
  assert.match(
    (await runAt(address, "show backends web0")).said,
    /drain +draining by operator from/,
  );
  assert.match(
    (await runAt(address, "show backends")).said,
    /web0 .* up .* draining, by hand, file en/,
  );
  assert.match((await runAt(address, "show frontends www")).said, /web0 .* 0 .* draining/);
  bed.clock.advance(600_000);
  assert.deepEqual(await runAt(address, "wait backend web0 drained"), {
    code: 0,
    said: "backend web0 is drained",
  });
  assert.match(
    (await runAt(address, "show status")).said,
    /backend web0: drained by operator from/,
  );
  const back = await runAt(address, "set backend web0 enable");
  assert.match(back.said, /backend web0 stays up, and drains no more/);
});
