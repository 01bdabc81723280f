import { deepEqual } from "node:assert/strict";
import { fileFaults } from "../../tools/gate/house.ts";

Deno.test("a room is entered through its door only", () => {
  deepEqual(fileFaults("lib/a/x.ts", 'import { y } from "../b/y.ts";\n'), [
    "lib/a/x.ts: imports lib/b/y.ts, past the door lib/b/mod.ts",
  ]);
  deepEqual(fileFaults("main.ts", 'import { y } from "./lib/b/y.ts";\n'), [
    "main.ts: imports lib/b/y.ts, past the door lib/b/mod.ts",
  ]);
});

Deno.test("doors, own files, generated code and tests that look inside are fine", () => {
  deepEqual(fileFaults("lib/a/x.ts", 'import { y } from "../b/mod.ts";\n'), []);
  deepEqual(fileFaults("lib/a/x.ts", 'import { y } from "./deep/y.ts";\n'), []);
  deepEqual(fileFaults("lib/a/x.ts", 'import { y } from "../gen/maglev_pb.ts";\n'), []);
  deepEqual(fileFaults("tests/a/x_test.ts", 'import { y } from "../../lib/b/y.ts";\n'), []);
});

Deno.test("a file of more than 400 lines is a fault", () => {
  deepEqual(fileFaults("lib/a/x.ts", "\n".repeat(401)), ["lib/a/x.ts: 401 lines, more than 400"]);
});

Deno.test("a catch in a room has something in it besides a comment", () => {
  const text = [
    "try { a(); } catch {",
    "  // Never mind.",
    "}",
    "try { a(); } catch (error) {}",
    "await b.catch(() => {});",
    "await b.catch((_) => { });",
    "await b.catch(() => undefined);",
    "try { a(); } catch { return false; }",
    "await b.catch((error) => { log.warn(error); });",
  ].join("\n");
  deepEqual(
    fileFaults("lib/a/x.ts", text),
    [1, 4, 5, 6].map((at) => `lib/a/x.ts:${at}: an empty catch`),
  );
  deepEqual(fileFaults("tests/a/x_test.ts", text), []);
});
