import assert from "node:assert/strict";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { describeError } from "../../../lib/cli/errors.ts";
import { execute, parseCommand } from "../../../lib/cli/execute.ts";
import { parseSpan } from "../../../lib/cli/format.ts";
import { plainStyle } from "../../../lib/cli/style.ts";
import type { ListEventsRequest } from "../../../lib/gen/maglev_pb.ts";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";

const now = 1_700_000_000_000;

/** Runs the command against a maglevd that keeps `kept` events; what it asked and printed. */
async function show(line: string, kept: number, audit?: string) {
  const asked: ListEventsRequest[] = [];
  const transport = createRouterTransport((router) => {
    router.service(Maglev, {
      listBackends: () => ({ backendNames: ["web1"] }),
      listFrontends: () => ({ frontendNames: ["www"] }),
      listEvents(request) {
        asked.push(request);
        const newest = request.pageToken === 0n ? kept : Number(request.pageToken) - 1;
        const count = Math.min(newest, request.limit);
        const oldest = newest - count + 1;
        const events = Array.from({ length: count }, (_, i) => ({
          seq: BigInt(newest - i),
          event: audit !== undefined && (newest - i) % 2 === 0
            ? { case: "audit" as const, value: { method: "PauseBackend", result: audit } }
            : { case: "pool" as const, value: { frontendName: `f${newest - i}` } },
        }));
        return { events, nextPageToken: BigInt(oldest > 1 ? oldest : 0) };
      },
    });
  });
  return { asked, printed: await run(line, createClient(Maglev, transport)) };
}

async function run(line: string, client: ReturnType<typeof createClient<typeof Maglev>>) {
  const printed: string[] = [];
  await execute(parseCommand(line.split(" ")), {
    client,
    ...{ style: plainStyle, json: false, server: "there", memory: new Map() },
    signal: new AbortController().signal,
    now: () => now,
    print: (text) => void printed.push(text),
    note: () => {},
    dryRun: false,
    timeout: undefined,
    agree: () => Promise.resolve(true),
  });
  return printed.join("\n").split("\n");
}

const names = (lines: readonly string[]) => lines.map((line) => /pool +(f\d+)/.exec(line)?.[1]);

Deno.test("the options of show events reach maglevd, in any order", async () => {
  const line = "show events kind pool last 1h30m actor alice backend b kind vpp frontend f num 7";
  const { asked } = await show(line, 3);
  assert.equal(asked.length, 1);
  assert.partialDeepStrictEqual(asked[0], {
    notBeforeUnixNs: BigInt(now - 5_400_000) * 1_000_000n,
    ...{ frontend: "f", backend: "b", actor: "alice", kinds: ["pool", "vpp"], limit: 7 },
  });
});

Deno.test("show events prints the newest hundred, newest last, and says that there are more", async () => {
  const { asked, printed } = await show("show events", 250);
  assert.equal(asked[0]?.limit, 100);
  assert.match(printed[0] ?? "", /^older events are left out: num <n> or last <time> show more$/);
  const shown = names(printed.slice(1));
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [100, "f151", "f250"]);
  assert.equal(asked[0]?.notBeforeUnixNs, 0n);
});

Deno.test("with a time all of it is shown, page by page", async () => {
  const { asked, printed } = await show("show events last 2d", 2_300);
  assert.deepEqual(asked.map(({ limit }) => limit), [1000, 1000, 1000]);
  const shown = names(printed);
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [2_300, "f1", "f2300"]);
});

Deno.test("a number takes as many pages as it needs", async () => {
  const { asked, printed } = await show("show events num 1500", 1_500);
  assert.deepEqual(asked.map(({ limit }) => limit), [1000, 500]);
  assert.equal(names(printed).length, 1_500);
});

Deno.test("what an audit and another event tell is shown once, and counted once", async () => {
  const { printed, asked } = await show("show events num 6", 100, "OK");
  assert.ok(asked.length > 1);
  assert.deepEqual(names(printed.slice(1)), ["f89", "f91", "f93", "f95", "f97", "f99"]);
  const { printed: refused } = await show("show events num 6", 100, "PermissionDenied");
  assert.equal(refused.filter((line) => /audit .*PermissionDenied/.test(line)).length, 3);
  const { printed: audits } = await show("show events kind audit num 6", 100, "OK");
  assert.equal(audits.filter((line) => line.includes("PauseBackend")).length, 3);
});

Deno.test("that nothing has happened is said", async () => {
  assert.deepEqual((await show("show events last 5m", 0)).printed, ["no events"]);
});

Deno.test("a maglevd that keeps no events is told from a server that is none", async () => {
  const older = createRouterTransport((router) => {
    router.rpc(Maglev.method.listHealthChecks, () => ({}));
  });
  await assert.rejects(run("show events", createClient(Maglev, older)), (error) => {
    assert.match(
      describeError(error, "there"),
      /^this maglevd is older than maglevc and keeps no events: look into its log /,
    );
    return true;
  });
  const stranger = createRouterTransport((router) => {
    router.rpc(Maglev.method.listHealthChecks, () => {
      throw new ConnectError("HTTP 404", Code.Unimplemented);
    });
  });
  await assert.rejects(run("show events", createClient(Maglev, stranger)), (error) => {
    assert.match(describeError(error, "there"), /^what answers at there is not maglevd's API/);
    return true;
  });
});

Deno.test("times are read as they are written, and nothing else is one", () => {
  assert.deepEqual(
    ["90s", "15m", "1h30m", "2d", "0s", "1d2h3m4s"].map(parseSpan),
    [90_000, 900_000, 5_400_000, 172_800_000, 0, 93_784_000],
  );
  for (const text of ["", "1", "h", "1.5h", "-1h", "1w", "1h ", "9999999s"]) {
    assert.equal(parseSpan(text), undefined, text);
  }
  assert.throws(
    () => parseCommand(["show", "events", "last", "soon"]),
    /"soon" is no time such as 90s, 15m or 1h30m$/m,
  );
});

Deno.test("where nothing has happened, a name that there is not is told", async () => {
  const printed = async (line: string) => (await show(line, 0)).printed;
  assert.deepEqual(await printed("show events"), ["no events"]);
  assert.deepEqual(await printed("show events backend web1 frontend www"), ["no events"]);
  assert.deepEqual(await printed("show events backend web* frontend ww"), [
    'no events; there is no frontend "ww"; there is no backend "web*"',
  ]);
});
