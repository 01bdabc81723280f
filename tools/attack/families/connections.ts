import { Resetter } from "../../../tests/support/reset.ts";
import * as wire from "../../../tests/h2/support/wire.ts";
import { crew, flood, hold } from "../crew.ts";
import { open } from "../floods.ts";
import { dial, ignore } from "../socket.ts";
import type { Attack } from "../types.ts";

/** Addresses that {@link connectionAttacks} are spread over. */
const manyAddresses = 250;

/** What is done with connections alone. */
export const connectionAttacks: readonly Attack[] = [
  {
    name: "idle-metrics",
    does: "19,500 connections to the metrics port that say nothing, from 250 addresses",
    section: "Connections",
    run: (arena) =>
      hold(
        arena,
        arena.size(19_500, 100),
        (n) => dial(arena, { port: "metrics", from: n % manyAddresses, hear: ignore }),
      ),
  },
  {
    name: "idle-api",
    does: "19,500 connections to the API that say nothing, from 250 addresses",
    section: "Connections",
    run: (arena) =>
      hold(
        arena,
        arena.size(19_500, 100),
        (n) => dial(arena, { from: n % manyAddresses, hear: ignore }),
      ),
  },
  {
    name: "lockout-v4",
    does: "1,200 greeted, idle HTTP/2 connections from four addresses",
    section: "Connections",
    run: (arena) =>
      hold(arena, arena.size(1_200, 80), (n) => open(arena, { from: n % 4, hear: ignore })),
  },
  {
    name: "lockout-v6",
    does: "1,200 greeted, idle HTTP/2 connections, each from its own address of one /64",
    section: "Connections",
    run: (arena) =>
      hold(arena, arena.size(1_200, 80), (n) => open(arena, { from: n, v6: true, hear: ignore })),
  },
  {
    name: "connect-reset",
    does: "connections that are reset as soon as they are made, as many as go",
    section: "Connections",
    run: async (arena) => {
      using resetter = new Resetter();
      const { target } = arena;
      await crew(arena, 1, 20, (round) => {
        for (let n = 0; n < 10; n++) {
          const done = resetter.reset(target.api, { to: target.host, from: arena.source(round) });
          arena.count(done ? "resets" : "connections refused");
        }
        return Promise.resolve();
      });
    },
  },
  {
    name: "half-preface",
    does: "connections that send a part of HTTP/2's preface, or the preface alone, and wait",
    section: "Connections",
    run: (arena) =>
      hold(arena, arena.size(2_000, 80), async (n) => {
        const raw = await dial(arena, { from: n % manyAddresses, hear: ignore });
        await raw?.send(wire.preface.subarray(0, 1 + n % wire.preface.length));
        return raw;
      }),
  },
  {
    name: "tls-garbage",
    does: "TLS hellos and random octets on both ports, as many connections as go",
    section: "Connections",
    run: (arena) =>
      crew(arena, 50, 60, async (n) => {
        const port = n % 2 === 0 ? "api" : "metrics";
        const raw = await dial(arena, { port, from: n % manyAddresses, hear: ignore });
        if (raw === undefined) return;
        const noise = arena.random.octets(200);
        const hello = wire.join(wire.hex("16030102000100 01fc0303"), noise);
        await flood(arena, raw, n % 3 === 0 ? noise : hello, "pieces", { times: 2 });
        raw.close();
      }),
  },
];
