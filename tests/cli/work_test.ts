/** Calls for which maglevd has to work: they have their time, and an end that says what is not known. */

import assert from "node:assert/strict";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import type { HandlerContext } from "@connectrpc/connect";
import { describeError, exitCodeOf } from "../../lib/cli/errors.ts";
import { execute, parseCommand } from "../../lib/cli/execute.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";

/** Runs a command; returns what it says and ends with, and the seconds that each call had. */
async function run(line: string, unanswered = "") {
  const seconds: string[] = [];
  const answer = <T>(call: string, message: T) => (_: unknown, context: HandlerContext) => {
    seconds.push(`${call} ${Math.ceil((context.timeoutMs() ?? Infinity) / 1000)}`);
    if (call === unanswered) throw new ConnectError("the time is over", Code.DeadlineExceeded);
    return message;
  };
  const transport = createRouterTransport(({ service }) =>
    service(Maglev, {
      getBackend: ({ name }) => ({ name, state: "up", sinceUnixNs: 1n }),
      checkConfig: answer("check", { ok: true, outcome: {} }),
      reloadConfig: answer("reload", { ok: true, outcome: {} }),
      operate: (request, context) =>
        answer(request.dryRun ? "foresee" : "operate", { outcome: {} })(request, context),
      syncVPPLBState: answer("sync", {}),
      planVPPLBState: answer("plan", {}),
    }), { transport: { defaultTimeoutMs: 10_000 } });
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  const [client, signal] = [createClient(Maglev, transport), new AbortController().signal];
  const code = await execute(parseCommand(line.split(" ")), {
    ...{ client, style: plainStyle, json: false, signal, memory: new Map(), dryRun: false },
    ...{ timeout: undefined, now: () => 0, server: "there", print: note, note },
    agree: () => Promise.resolve(true),
  }).catch((error) => {
    note(describeError(error, "there"));
    return exitCodeOf(error);
  });
  return { code, said: said.join("\n"), seconds };
}

Deno.test("what maglevd has to work for has a minute", async () => {
  assert.deepEqual((await run("config check")).seconds, ["check 60"]);
  assert.deepEqual((await run("config diff")).seconds, ["check 60"]);
  assert.deepEqual((await run("config reload")).seconds, ["check 60", "reload 60"]);
  assert.deepEqual((await run("set backend a pause")).seconds, ["foresee 60", "operate 60"]);
  assert.deepEqual((await run("show vpp lb plan")).seconds, ["plan 60"]);
  assert.deepEqual((await run("sync vpp lb state")).seconds, ["sync 60"]);
});

Deno.test("where a change has no answer in time it is said that it may be made all the same", async () => {
  for (
    const [line, call] of [
      ["config reload", "reload"],
      ["set backend a pause", "operate"],
      ["sync vpp lb state", "sync"],
    ] as const
  ) {
    const { code, said } = await run(line, call);
    assert.equal(
      said,
      "maglevd at there did not answer in time; it may do what it was asked for all the same",
    );
    assert.equal(code, 4);
  }
  // What is only foreseen changes nothing.
  const { said, seconds } = await run("config reload", "check");
  assert.deepEqual([said, seconds], ["maglevd at there did not answer in time", ["check 60"]]);
});
