import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { eventWords } from "../../lib/cli/event_text.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { EventSchema } from "../../lib/gen/maglev_pb.ts";

Deno.test("what was said by hand of what the file has no more ends", () => {
  const value = { backendName: "a", byHand: "paused", fileFrom: "enabled", fileTo: "none" };
  const event = create(EventSchema, {
    event: { case: "override", value: { change: "ended", ...value } },
    cause: { kind: "config" },
    actor: { name: "signal", from: "SIGHUP" },
  });
  assert.deepEqual(eventWords(event, plainStyle), {
    kind: "override",
    what: "a paused by hand ends, the file has it no more (was enabled)",
    why: "by a reload (signal from SIGHUP)",
  });
});
