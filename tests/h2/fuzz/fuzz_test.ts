import assert from "node:assert/strict";
import { peerHandler, TestServer } from "../support/server.ts";
import { fuzzCore } from "./core.ts";
import { assertAnswers, fuzzSessions } from "./sessions.ts";

const firstSeed = 20_261_121;

Deno.test("the core survives 3,000 rounds of random and damaged input", () => {
  for (let seed = firstSeed; seed < firstSeed + 3000; seed++) {
    try {
      fuzzCore(seed);
    } catch (error) {
      throw new Error(`repeat it: tools/fuzz.ts core --iterations 1 --seed ${seed}`, {
        cause: error,
      });
    }
  }
});

Deno.test("the server answers after 300 hostile sessions, with nothing left of them", async () => {
  await using server = new TestServer(peerHandler);
  const target = { hostname: "127.0.0.1", port: server.port };
  await fuzzSessions([target], firstSeed, 300, 16);
  await assertAnswers(target);
  await Promise.all([...server.sessions].map((session) => session.closed));
  assert.equal(server.sessions.size, 0);
});
