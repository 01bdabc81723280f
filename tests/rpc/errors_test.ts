import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import assert from "node:assert/strict";
import { fitting, quoted } from "../../lib/rpc/errors.ts";
import { shortened } from "../../lib/port/refusals.ts";

Deno.test("a word of a client's is cut after 200 characters", () => {
  assert.equal(shortened("x".repeat(200)), "x".repeat(200));
  assert.equal(shortened("x".repeat(201)), `${"x".repeat(200)}…`);
  assert.equal(shortened("x".repeat(201), "..."), `${"x".repeat(200)}...`);
  assert.equal(quoted('a"b '), String.raw`"a\"b "`);
  const pairs = `x${"\u{1f600}".repeat(200)}`;
  assert.ok(shortened(pairs).isWellFormed());
});

Deno.test("a status fits into a header, with as much of its text as there is room for", () => {
  const seed = 20261121;
  const unit = fc.constantFrom("x", "ü", "€", "\u{1f600}", "\ud800", " ");
  fc.assert(
    fc.property(fc.array(unit, { minLength: 0, maxLength: 6000 }), (units) => {
      const text = units.join("");
      const { rawMessage, code } = fitting(new ConnectError(text, Code.NotFound));
      const octets = encodeURIComponent(rawMessage).length;
      assert.ok(octets <= 4096, `${octets}`);
      assert.equal(code, Code.NotFound);
      const whole = encodeURIComponent(text.toWellFormed()).length;
      if (whole <= 4096) return assert.equal(rawMessage, text.toWellFormed());
      assert.ok(rawMessage.endsWith("…") && octets > 4000, `${octets}`);
      // Before the ellipsis may be what is left of a character of two units.
      assert.ok(text.toWellFormed().startsWith(rawMessage.slice(0, -2)));
    }),
    { seed, numRuns: 60 },
  );
});

Deno.test("a status that fits is the same one, one that is cut keeps its cause and metadata", () => {
  const short = new ConnectError("x".repeat(4096), Code.Aborted);
  assert.equal(fitting(short), short);
  const cause = new Error("why");
  const long = new ConnectError("x".repeat(5000), Code.Aborted, { a: "b" }, undefined, cause);
  const cut = fitting(long);
  assert.equal(cut.rawMessage, `${"x".repeat(4087)}…`);
  assert.deepEqual([cut.cause, cut.metadata.get("a"), cut.code], [cause, "b", Code.Aborted]);
});
