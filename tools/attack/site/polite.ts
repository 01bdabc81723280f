/**
 * A polite client, as a process of its own: `polite.ts HOST API-PORT METRICS-PORT [tls]`. Asks for one
 * backend every 50 ms over one connection, every 500 ms over a new one, and scrapes every 5 s. For
 * each line it is given it prints how that went since the line before, as JSON.
 *
 * @module
 */

import { textField } from "../grpc.ts";
import { Caller, CallError } from "./caller.ts";
import { inputLines } from "./lines.ts";
import { certificateOf } from "./certificates.ts";
import { Tries, type TriesSeen } from "./tries.ts";

/** How a polite client fared. */
export interface PoliteSeen {
  /** Calls over a connection that lasts as long as maglevd lets it. */
  readonly calls: TriesSeen;
  /** Calls over new connections, connecting included. */
  readonly entries: TriesSeen;
  readonly scrapes: TriesSeen;
}

const question = textField(1, "b0");

function main([host = "", port, metrics, how]: string[]): void {
  const certificate = how === "tls" ? certificateOf("nobody") : undefined;
  const api = { host, port: Number(port), certificate };
  const calls = new Tries();
  const entries = new Tries();
  const scrapes = new Tries();
  let lasting: Promise<Caller> | undefined;

  const ask = async () => {
    lasting ??= Caller.connect(api);
    const mine = lasting;
    try {
      await (await mine).call("GetBackend", question);
    } catch (error) {
      if (lasting === mine) {
        lasting = undefined;
        void mine.then((caller) => caller.close(), () => {});
      }
      throw error;
    }
  };
  const enter = async () => {
    const caller = await Caller.connect(api);
    try {
      await caller.call("GetBackend", question);
    } finally {
      caller.close();
    }
  };
  const scrape = async () => {
    try {
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(`http://${host}:${metrics}/metrics`, { signal });
      const text = await response.text();
      if (response.ok && text.includes("maglev_build_info{")) return;
      throw new CallError(`the scrape ended with ${response.status}`);
    } catch (error) {
      throw error instanceof CallError ? error : new CallError(String(error));
    }
  };
  setInterval(() => void calls.try(ask), 50);
  setInterval(() => void entries.try(enter), 500);
  setInterval(() => void scrapes.try(scrape), 5_000);
  console.log("ready");
  void inputLines(() => {
    const seen: PoliteSeen = {
      calls: calls.take(),
      entries: entries.take(),
      scrapes: scrapes.take(),
    };
    console.log(JSON.stringify(seen));
  });
}

if (import.meta.main) main(Deno.args);
