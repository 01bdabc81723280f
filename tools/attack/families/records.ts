import * as wire from "../../../tests/h2/support/wire.ts";
import { crew, pause, whicheverFirst } from "../crew.ts";
import { Ended } from "../ended.ts";
import { open } from "../floods.ts";
import { body, envelope, fields, streams, textField } from "../grpc.ts";
import { dial } from "../socket.ts";
import type { Arena, Attack, Port } from "../types.ts";

/** Addresses that the attack comes from. */
const manyAddresses = 250;

/** Calls a connection. */
const each = 40;

/** Milliseconds that are waited for an answer: who says half a hello gets none. */
const patienceMs = 500;

/** The beginning of a TLS hello. */
const hello = wire.hex("16030102000100");

/** Calls of strangers, each about something else. */
function calls(
  n: number,
  method: string,
  more: readonly wire.Field[],
  authority?: string,
): Uint8Array {
  return streams(each, (id) => {
    const name = textField(1, `nobody-${n}-${id}-${"x".repeat(200)}`);
    const head = fields(method, more, authority && `${n}${id}${authority}`);
    return wire.join(wire.headers(id, head, wire.END_HEADERS), body(id, envelope(name)));
  });
}

/** Calls as a page of another site makes them. */
function pages(n: number): Uint8Array {
  return streams(each, (id) => {
    const head = fields("DisableBackend", [], `evil${n}-${id}.example`);
    const named = head.map(([name, value]): wire.Field =>
      name === "content-type" ? [name, "text/plain"] : [name, value]
    );
    return wire.headers(id, named, wire.END_HEADERS | wire.END_STREAM);
  });
}

/** An HTTP/1.1 request that is wrong in one way or another. */
function wrong(n: number): Uint8Array {
  const json = JSON.stringify({ [`wieght${n}`]: n, name: `nobody-${n}` });
  const post = (host: string, ...more: readonly string[]) => [
    "POST /maglev.Maglev/DisableBackend HTTP/1.1",
    `host: ${host}`,
    ...more,
    "content-type: application/json",
    `content-length: ${json.length}`,
    "",
    json,
  ];
  const lines = [
    post(`evil${n}.example`),
    post("maglevd", `origin: http://evil${n}.example`),
    post("maglevd"),
    [`GET /nothing/${n} HTTP/1.1`, `host: evil${n}.example`, "", ""],
    [`GET /metrics?${n} HTTP/9.${n % 10}`, "host: a", "host: b", "", ""],
  ];
  return wire.text((lines[n % lines.length] ?? []).join("\r\n"));
}

/** What is sent over one connection of each kind that may leave a record, in turn. */
const kinds: readonly ((arena: Arena, n: number) => Promise<void>)[] = [
  (arena, n) => greeted(arena, n, calls(n, "GetBackend", [], '[::bad:"<>')),
  (arena, n) => greeted(arena, n, calls(n, "PauseBackend", [])),
  (arena, n) => greeted(arena, n, calls(n, "PauseBackend", [["authorization", `Bearer t${n}`]])),
  (arena, n) => greeted(arena, n, calls(n, `NoSuchMethod${n}`, [])),
  (arena, n) => greeted(arena, n, pages(n)),
  (arena, n) => greeted(arena, n, arena.random.octets(2_000)),
  (arena, n) => said(arena, n, "api", wrong(n)),
  (arena, n) => said(arena, n, "metrics", wrong(n)),
  (arena, n) => said(arena, n, "api", wire.join(hello, arena.random.octets(99))),
];

/** Sends calls, and waits until maglevd has answered them or has had enough. */
async function greeted(arena: Arena, n: number, bytes: Uint8Array): Promise<void> {
  const ended = new Ended(each);
  const raw = await open(arena, { from: n % manyAddresses, hear: (piece) => ended.take(piece) });
  if (raw === undefined) return;
  if (await raw.send(bytes)) arena.count("calls", each);
  await whicheverFirst(arena, patienceMs, ended.all, raw.gone);
  raw.close();
}

/** Sends anything else, and waits for the first octets of an answer. */
async function said(arena: Arena, n: number, port: Port, bytes: Uint8Array): Promise<void> {
  const { promise: answered, resolve: hear } = Promise.withResolvers<unknown>();
  const raw = await dial(arena, { port, from: n % manyAddresses, hear });
  if (raw === undefined) return;
  if (await raw.send(bytes)) arena.count("requests");
  await whicheverFirst(arena, patienceMs, answered, raw.gone);
  raw.close();
}

/** What is done with the log. */
export const recordAttacks: readonly Attack[] = [
  {
    name: "log-floods",
    does: "whatever may leave a record, each time about something else, from 250 addresses",
    section: "Requests",
    run: (arena) =>
      crew(
        arena,
        16,
        24 * kinds.length,
        (n) => kinds[n % kinds.length]?.(arena, Math.floor(n / kinds.length)) ?? pause(0),
      ),
  },
];
