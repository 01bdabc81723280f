import assert from "node:assert/strict";
import { TargetNotes } from "../../lib/probes/target_notes.ts";
import { ip } from "../support/ip.ts";

Deno.test("notes are kept of each address by itself, and nobody is silent at first", () => {
  const [one, other] = [ip("10.0.0.1"), ip("10.0.0.2")];
  const notes = new TargetNotes();
  notes.of(one).isSilent = true;
  assert.deepEqual([one, other].map((each) => notes.of(each).isSilent), [true, false]);
});
