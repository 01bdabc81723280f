import assert from "node:assert/strict";
import { agreeOnTerminal } from "../../lib/cli/terminal.ts";
import { DeclinedFailure } from "../../lib/cli/errors.ts";
import { plainStyle } from "../../lib/cli/style.ts";

Deno.test("Ctrl-C while the question is being written is a no", async () => {
  const { read } = Deno.stdin;
  // Nobody types anything.
  Deno.stdin.read = () => new Promise(() => {});
  try {
    const stop = new AbortController();
    const asked = agreeOnTerminal(
      { details: () => "a frontend goes down", question: "disable it?" },
      { style: plainStyle, width: undefined },
      stop.signal,
    );
    stop.abort();
    await assert.rejects(asked, DeclinedFailure);
  } finally {
    Deno.stdin.read = read;
  }
});
