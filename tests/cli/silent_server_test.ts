import assert from "node:assert/strict";
import { connectTo } from "../../lib/cli/client.ts";
import type { CommandSession } from "../../lib/cli/node.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { watch } from "../../lib/cli/commands/events.ts";
import { firstLine } from "./support/first_line.ts";
import { collectGarbage } from "../support/garbage.ts";
import { settle, until } from "../support/until.ts";

Deno.test("a watch says that its server has stopped without a word, and that it goes on", async () => {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("support/ticking_server.ts", import.meta.url).pathname],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const said: string[] = [];
  const hasSaid = (wanted: RegExp) => until(() => wanted.test(said.at(-1) ?? ""), `${wanted}`);
  const stop = new AbortController();
  try {
    using connection = connectTo(`127.0.0.1:${await firstLine(server.stdout)}`);
    const session: CommandSession = {
      client: connection.client,
      ...{ style: plainStyle, json: false, server: "there", memory: new Map() },
      now: () => 0,
      print: () => void said.push("an event"),
      note: (text) => void said.push(text),
      dryRun: false,
      timeout: undefined,
      signal: stop.signal,
      agree: () => Promise.resolve(true),
    };
    const words = ["watch", "events"];
    const times = { openMs: 60_000, silenceMs: 1_000, retryMs: 10 };
    const watched = watch({ words, values: new Map() }, session, times);
    await hasSaid(/^an event$/);
    server.kill("SIGSTOP");
    // What is long past the opening of the stream is not held by anything young any more.
    await settle();
    collectGarbage();
    await hasSaid(/^nothing was heard from it for 1 s; trying again$/);
    server.kill("SIGCONT");
    await hasSaid(/^an event$/);
    assert.match(said.at(-2) ?? "", /^maglevd at there is back/);
    stop.abort();
    await watched;
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
});
