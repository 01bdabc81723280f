import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";
import { asError, formatRecord, formatTime, logLevels, reasonOf } from "../../lib/log/mod.ts";
import type { LogRecord } from "../../lib/log/mod.ts";

const record: LogRecord = {
  level: "warn",
  msg: "backend-transition",
  wall: Date.UTC(2026, 10, 21, 2, 6, 44) + 123.456,
  attributes: { backend: "web1", from: "up", rise: 2, flush: false, none: undefined },
};

Deno.test("a record is one line of JSON: time, level, msg, then the attributes in order", () => {
  const line = formatRecord(record);
  match(line, /^\{"time":"[^"]+","level":"WARN","msg":"backend-transition","backend":/);
  equal(line.indexOf("\n"), line.length - 1);
  deepEqual(Object.keys(JSON.parse(line)), [
    "time",
    "level",
    "msg",
    "backend",
    "from",
    "rise",
    "flush",
  ]);
});

Deno.test("each level is named as slog names it", () => {
  const named = logLevels.map((level) => JSON.parse(formatRecord({ ...record, level })).level);
  deepEqual(named, ["DEBUG", "INFO", "WARN", "ERROR"]);
});

Deno.test("the time is RFC 3339 with microseconds and names the same instant", () => {
  const text = formatTime(record.wall);
  match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/);
  equal(Date.parse(text), Math.floor(record.wall));
  equal(text.match(/\.(\d{6})/)?.[1], "123456");
});

Deno.test("the time is that of the machine's zone, east and west of Greenwich", () => {
  const zone = Deno.env.get("TZ");
  // Each of another second: the text of the last one is kept.
  const inZone = (name: string, second: number) => {
    Deno.env.set("TZ", name);
    return formatTime(Date.UTC(2026, 10, 21, 2, 6, second) + 0.2507);
  };
  try {
    equal(inZone("Asia/Kolkata", 1), "2026-11-21T07:36:01.000250+05:30");
    equal(inZone("America/St_Johns", 2), "2026-11-20T22:36:02.000250-03:30");
    equal(inZone("Pacific/Kiritimati", 3), "2026-11-21T16:06:03.000250+14:00");
    equal(inZone("UTC", 4), "2026-11-21T02:06:04.000250Z");
    Deno.env.set("TZ", "Europe/Berlin");
    const beforeWinter = Date.UTC(2026, 9, 25, 0, 59, 59);
    equal(formatTime(beforeWinter), "2026-10-25T02:59:59.000000+02:00");
    equal(formatTime(beforeWinter + 1_000), "2026-10-25T02:00:00.000000+01:00");
  } finally {
    if (zone === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", zone);
  }
});

Deno.test("an attribute named like a field of slog's own is kept under another name", () => {
  const line = formatRecord({ ...record, attributes: { msg: "lb_vip_dump", level: 1 } });
  const parsed = JSON.parse(line);
  equal(parsed.msg, "backend-transition");
  equal(parsed["attr-msg"], "lb_vip_dump");
  equal(parsed["attr-level"], 1);
});

Deno.test("numbers that JSON lacks become strings, lists stay lists", () => {
  const line = formatRecord({ ...record, attributes: { a: NaN, b: -Infinity, c: ["x", "y"] } });
  const { a, b, c } = JSON.parse(line);
  deepEqual([a, b, c], ["NaN", "-Infinity", ["x", "y"]]);
});

Deno.test("whatever a name or value holds, a line is one line and reads back the same", () => {
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean());
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.dictionary(fc.string(), value), (msg, given) => {
      const line = formatRecord({ ...record, msg, attributes: given });
      equal(line.indexOf("\n"), line.length - 1);
      const { time: _time, level: _level, msg: read, ...rest } = JSON.parse(line);
      equal(read, msg);
      for (const [key, each] of Object.entries(given)) {
        const name = ["time", "level", "msg"].includes(key) ? `attr-${key}` : key;
        if (name !== "__proto__") equal(rest[name], each);
      }
    }),
    { seed: 20261121 },
  );
});

Deno.test("whatever was thrown becomes an error, and one stays the same", () => {
  const error = new TypeError("odd");
  equal(asError(error), error);
  equal(asError("gone").message, "gone");
  deepEqual([reasonOf(error), reasonOf("gone")], ["odd", "gone"]);
});

Deno.test("what a terminal would obey or not show is spelled out, and reads back the same", () => {
  const err = "\u009b31m\u007f\u202eevil\u2028\ufeff \x1b]0;x\x07\r\n";
  const line = formatRecord({ ...record, attributes: { [`${err}name`]: err, list: [err] } });
  match(line, /^[ -~]+\n$/);
  const parsed = JSON.parse(line);
  deepEqual([parsed[`${err}name`], parsed.list], [err, [err]]);
  match(formatRecord({ ...record, attributes: { name: "é↔ü" } }), /"é↔ü"/);
});
