import * as wire from "../../../tests/h2/support/wire.ts";
import { crew, flood, hold, whicheverFirst } from "../crew.ts";
import { dial, ignore, type Raw } from "../socket.ts";
import type { Arena, Attack, Port } from "../types.ts";

const scrape = wire.text("GET /metrics HTTP/1.1\r\nhost: maglevd\r\n\r\n");

/** Milliseconds between two octets: rarely enough to cost nothing, often enough to look alive. */
const dripMs = 2_000;

/** Connections that send a request octet by octet, slowly. */
function loris(arena: Arena, port: Port): Promise<void> {
  const head = wire.text(
    "POST /maglev.Maglev/GetBackend HTTP/1.1\r\nhost: maglevd\r\n" +
      "content-type: application/json\r\ncontent-length: 5000\r\n\r\n" + " ".repeat(5_000),
  );
  return hold(arena, arena.size(1_200, 60), async (n) => {
    const raw = await dial(arena, { port, from: n % 8, hear: ignore });
    if (raw === undefined) return undefined;
    // Half of them are in their heads, the others in their bodies.
    const start = n % 2 === 0 ? 10 : head.length - 4_990;
    await raw.send(head.subarray(0, start));
    void drip(arena, raw, head.subarray(start));
    return raw;
  });
}

async function drip(arena: Arena, raw: Raw, rest: Uint8Array): Promise<void> {
  for (let at = 0; at < rest.length && !arena.over.aborted; at++) {
    if (!await raw.send(rest.subarray(at, at + 1))) return;
    arena.count("octets dripped");
    await whicheverFirst(arena, dripMs, raw.gone);
  }
}

/** What is done with HTTP/1.1, on both ports. */
export const http1Attacks: readonly Attack[] = [
  {
    name: "slow-scrapes",
    does: "400 scrapes that read nothing, from 100 addresses",
    section: "HTTP/1.1 and scrapes",
    idleBackends: 10_000,
    run: (arena) =>
      hold(arena, arena.size(400, 40), async (n) => {
        const raw = await dial(arena, { port: "metrics", from: n % 100 });
        if (await raw?.send(scrape)) arena.count("scrapes");
        return raw;
      }),
  },
  {
    name: "spaced-scrapes",
    does: "the same one after the other, so that each is another scrape, four a second",
    section: "HTTP/1.1 and scrapes",
    idleBackends: 10_000,
    run: (arena) => {
      const [count, apartMs] = [arena.size(240, 12), arena.size(250, 20)];
      return hold(arena, count, async (n) => {
        await whicheverFirst(arena, n % count * apartMs);
        if (arena.over.aborted) return undefined;
        const raw = await dial(arena, { port: "metrics", from: n % 100 });
        if (await raw?.send(scrape)) arena.count("scrapes");
        return raw;
      });
    },
  },
  {
    name: "scrape-flood",
    does: "scrapes as fast as they are answered, 50 connections, with 10,000 backends more",
    section: "HTTP/1.1 and scrapes",
    idleBackends: 10_000,
    run: (arena) =>
      hold(arena, arena.size(50, 10), async (n) => {
        let again = () => {};
        // As soon as a piece of the answer is there the next request is sent: pipelined.
        const raw = await dial(arena, { port: "metrics", from: n, hear: () => again() });
        let last = 0;
        again = () => {
          if (raw === undefined || performance.now() - last < 10) return;
          last = performance.now();
          arena.count("scrapes");
          void raw.send(scrape);
        };
        again();
        return raw;
      }),
  },
  {
    name: "slow-requests-api",
    does: "1,200 HTTP/1.1 requests on the API, an octet every 2 s, heads and bodies",
    section: "HTTP/1.1 and scrapes",
    run: (arena) => loris(arena, "api"),
  },
  {
    name: "slow-requests-metrics",
    does: "the same on the metrics port",
    section: "HTTP/1.1 and scrapes",
    run: (arena) => loris(arena, "metrics"),
  },
  {
    name: "cut-bodies",
    does: "HTTP/1.1 calls that break off in the middle of their bodies, as many as go",
    section: "HTTP/1.1 and scrapes",
    run: (arena) => {
      const cut = wire.text(
        "POST /maglev.Maglev/GetBackend HTTP/1.1\r\nhost: maglevd\r\n" +
          'content-type: application/json\r\ncontent-length: 50\r\n\r\n{"name": "b',
      );
      return crew(arena, 40, 60, async (n) => {
        const raw = await dial(arena, { from: n % 100, hear: ignore });
        if (await raw?.send(cut)) arena.count("requests");
        if (n % 2 === 0) raw?.close();
        else raw?.reset();
      });
    },
  },
  {
    name: "pipelined",
    does: "HTTP/1.1 calls one behind the other, 50 in a piece, as fast as they are taken",
    section: "HTTP/1.1 and scrapes",
    run: (arena) => {
      const call = "POST /maglev.Maglev/GetBackend HTTP/1.1\r\nhost: maglevd\r\n" +
        'content-type: application/json\r\ncontent-length: 13\r\n\r\n{"name":"b0"}';
      const bytes = wire.text(call.repeat(50));
      return crew(arena, 20, 4, async (n) => {
        const raw = await dial(arena, { from: n % 100, hear: ignore });
        if (raw === undefined) return;
        await flood(arena, raw, bytes, "calls", { each: 50 });
        raw.close();
      });
    },
  },
];
