import assert from "node:assert/strict";
import fc from "fast-check";
import { ErrorCode } from "../../../lib/h2/mod.ts";
import { errorName } from "../support/error_name.ts";
import {
  nextState,
  type StreamEvent,
  streamEvents,
  type StreamState,
  streamStates,
  transitions,
} from "../../../lib/h2/streams/mod.ts";

/**
 * RFC 9113 figure 2 once more, written down from the server's side as a matrix. A blank is the
 * same state, C a connection error, S a stream error (with what code), - ignored, ! never done.
 */
const figure = `
                      | recv H | recv D | recv ES | recv R | recv WU | send H | send D | send ES | send R
idle                  | open   | C P    | C P     | C P    | C P     | !      | !      | !       | !
open                  |        |        | hcr     | closed |         |        |        | hcl     | reset
half-closed (local)   |        |        | closed  | closed |         | !      | !      | !       | reset
half-closed (remote)  | S SC   | S SC   | S SC    | closed |         |        |        | closed  | reset
closed                | C SC   | C SC   | C SC    | -      | -       | !      | !      | !       | !
closed (reset by us)  | -      | -      | -       | -      | -       | !      | !      | !       | !
closed (forgotten)    | C P    | C SC   | C SC    | -      | -       | !      | !      | !       | !
`;

const shorthand: Record<string, StreamState> = {
  "open": "open",
  "hcr": "half-closed (remote)",
  "hcl": "half-closed (local)",
  "closed": "closed",
  "reset": "closed (reset by us)",
};

const codes: Record<string, string> = { P: "PROTOCOL_ERROR", SC: "STREAM_CLOSED" };

function expected(state: StreamState, cell: string): string {
  if (cell === "") return state;
  if (cell === "-") return "ignored";
  if (cell === "!") return "never";
  const [scope = "", code = ""] = cell.split(" ");
  if (scope in shorthand) return shorthand[scope] ?? "";
  return `${scope === "C" ? "connection" : "stream"} ${codes[code]}`;
}

function actual(state: StreamState, event: StreamEvent): string {
  const next = transitions[state][event];
  switch (next.kind) {
    case "to":
      return next.state;
    case "ignore":
      return "ignored";
    case "never":
      return "never";
    case "error":
      return `${next.scope} ${errorName(next.code)}`;
  }
}

Deno.test("the transition table is figure 2", () => {
  const rows = figure.trim().split("\n").slice(1);
  assert.equal(rows.length, streamStates.length);
  for (const [n, row] of rows.entries()) {
    const state = streamStates[n] ?? "idle";
    const [name, ...cells] = row.split("|").map((cell) => cell.trim());
    assert.equal(name, state);
    const seen = streamEvents.map((event) => actual(state, event));
    assert.deepEqual(seen, cells.map((cell) => expected(state, cell)), state);
  }
});

/** Follows events until one is an error or never done. */
function walk(events: readonly StreamEvent[]): StreamState[] {
  const path: StreamState[] = ["idle"];
  for (const event of events) {
    const state = path.at(-1) ?? "idle";
    const { kind } = transitions[state][event];
    if (kind === "error" || kind === "never") continue;
    path.push(nextState(1, state, event) ?? state);
  }
  return path;
}

function isClosed(state: StreamState): boolean {
  return state.startsWith("closed");
}

Deno.test("no walk leaves closed or comes back to idle", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...streamEvents), { maxLength: 40 }), (events) => {
      const path = walk(events);
      const firstClosed = path.findIndex(isClosed);
      if (firstClosed >= 0) {
        const end = path[firstClosed];
        assert.equal(path.slice(firstClosed).every((state) => state === end), true);
      }
      const firstUsed = path.findIndex((state) => state !== "idle");
      if (firstUsed >= 0) assert.equal(path.slice(firstUsed).includes("idle"), false);
    }),
    { seed: 9113, numRuns: 1000 },
  );
});

Deno.test("errors name the frame, the stream and its state", () => {
  assert.throws(() => nextState(7, "idle", "recv DATA"), {
    name: "ConnectionError",
    code: ErrorCode.PROTOCOL_ERROR,
    message: "DATA on stream 7, which is idle",
  });
  assert.throws(() => nextState(9, "half-closed (remote)", "recv HEADERS"), {
    name: "StreamError",
    streamId: 9,
    code: ErrorCode.STREAM_CLOSED,
    message: "HEADERS on stream 9, which is half-closed (remote)",
  });
});
