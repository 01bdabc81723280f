import assert from "node:assert/strict";
import { FakeClock } from "../../../lib/time/mod.ts";
import { Broadcast, type BroadcastLimits } from "../../../lib/web/broadcast.ts";
import type { Change, Message } from "../../../lib/web/wire.ts";

/** A broadcast of two maglevds, by a clock in the test's hands. */
export class BroadcastBed implements Disposable {
  readonly clock = new FakeClock();
  readonly broadcast: Broadcast;
  readonly sent: string[] = [];
  /** How often it was told that a maglevd is heard, or is not any more. */
  linked = 0;

  constructor(limits: Partial<BroadcastLimits> = {}) {
    const { clock } = this;
    const servers = ["rtr1", "rtr2"];
    const about = { epoch: "e", version: "1", hasLogin: false, linked: () => this.linked++ };
    this.broadcast = new Broadcast({ clock, servers, ...about, limits });
  }

  /** Follows from an id on; returns how to end it. */
  follow(id: string, sent = this.sent): () => void {
    const decoder = new TextDecoder();
    return this.broadcast.subscribe({ send: (octets) => sent.push(decoder.decode(octets)) }, id);
  }

  [Symbol.dispose](): void {
    this.broadcast.close();
    assert.equal(this.clock.pending, 0);
  }
}

/** A maglevd is lost for this reason. */
export function link(reason: string): Change {
  return { kind: "link", link: { state: "lost", since: 0, reason } };
}

/** What a message says; null where that is nothing. */
export function messageOf(text: string | undefined): Message {
  return JSON.parse(/^data: (.*)$/m.exec(text ?? "")?.[1] ?? "null");
}
