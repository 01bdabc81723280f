import { equal } from "node:assert/strict";
import { Ended } from "../../tools/attack/ended.ts";
import * as wire from "../h2/support/wire.ts";

const answers = wire.join(
  wire.settings(),
  wire.headers(1, [[":status", "200"]], wire.END_HEADERS),
  wire.data(1, "a body that looks like nothing", wire.END_STREAM),
  wire.rstStream(3),
  wire.headers(5, [["grpc-status", "0"]]),
  wire.ping(),
);

Deno.test("streams that have ended are counted however the octets are cut", () => {
  for (let size = 1; size <= answers.length; size++) {
    const ended = new Ended(9);
    for (let at = 0; at < answers.length; at += size) ended.take(answers.subarray(at, at + size));
    equal(ended.count, 3, `pieces of ${size}`);
  }
});

Deno.test("whoever waits hears of the last answer, of a PING's answer and of GOAWAY", async () => {
  for (
    const [wanted, last] of [[3, wire.octets()], [9, wire.ping(wire.text("12345678"), 1)], [
      9,
      wire.goaway(),
    ]] as const
  ) {
    const ended = new Ended(wanted);
    ended.take(wire.join(answers, last));
    await ended.all;
  }
});
