/**
 * Browsers that follow the events of a maglevd-frontend, without a browser: `browsers.ts ADDRESS N`.
 * Prints `open` when all are there. For each line it reads, it prints what came since the last one:
 * octets to all of them, messages and changes to one, and how late each was, in milliseconds.
 * One in fifty reads what it gets, the others only take it in.
 */

import type { Message } from "../../lib/web/wire.ts";

const [address = "", count = "1"] = Deno.args;
const [hostname = "", port = ""] = address.split(":");
const sampledOf = 50;

let octets = 0;
let messages = 0;
let changes = 0;
let delays: number[] = [];
let lost = 0;

/** How late what a message tells was. */
function look(line: string, isFirst: boolean): void {
  const { told }: Message = JSON.parse(line);
  const now = performance.timeOrigin + performance.now();
  for (const [, news] of told) {
    if (news.kind !== "delta") continue;
    for (const [, , sinceUnixNs] of news.moved ?? []) {
      delays.push(now - sinceUnixNs / 1e6);
      if (isFirst) changes++;
    }
  }
  if (isFirst) messages++;
}

/** One browser: resolves when its stream is open. */
async function follow(id: string, i: number): Promise<void> {
  const conn = await Deno.connect({ hostname, port: Number(port) });
  const request = [
    `GET /view/api/events?after=${id} HTTP/1.1`,
    ...[`Host: ${address}`, "", ""],
  ].join("\r\n");
  await conn.write(new TextEncoder().encode(request));
  const reader = conn.readable.getReader();
  const first = await reader.read();
  if (first.done) throw new Error(`browser ${i} was not let in`);
  void (async () => {
    const decoder = new TextDecoder();
    let text = "";
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      octets += value.length;
      if (i % sampledOf !== 0) continue;
      const lines = (text + decoder.decode(value, { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith('data: {"told"')) look(line.slice(6), i === 0);
    }
    lost++;
  })();
}

const state = await (await fetch(`http://${address}/view/api/state`)).json();
for (let i = 0; i < Number(count); i++) await follow(state.id, i);
console.log("open");

for await (const _ of Deno.stdin.readable) {
  const told = { octets, messages, changes, delays: delays.map(Math.round), lost };
  console.log(JSON.stringify(told));
  [octets, messages, changes, delays] = [0, 0, 0, []];
}
