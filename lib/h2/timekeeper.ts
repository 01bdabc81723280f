import type { Core } from "./core.ts";
import type { DeadlineName } from "./connection_deadlines.ts";
import { calm, ConnectionError, ErrorCode, protocolError } from "./errors.ts";
import { writePing } from "./frames/mod.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Stream } from "./streams/mod.ts";

const shutWindow = "the stream's window stays shut";
const keepaliveOpaque: Uint8Array = new TextEncoder().encode("areyouup");

/** Acts when waiting is over. */
export class Timekeeper {
  #heard: number;

  constructor(private readonly core: Core, private readonly shutdown: Shutdown) {
    this.#heard = core.now;
    core.deadlines.set("handshake", core.now + core.limits.handshakeMs);
  }

  /** Notes that the peer has said something. */
  heard(): void {
    this.#heard = this.core.now;
    this.core.deadlines.clear("keepaliveAck");
  }

  /** Acts on the deadlines that have passed. */
  tick(): void {
    for (const name of this.core.deadlines.due(this.core.now)) {
      if (this.core.phase === "closed") return;
      this.#passed(name);
    }
  }

  #passed(name: DeadlineName): void {
    const core = this.core;
    switch (name) {
      case "handshake":
        return this.#handshakeFailed();
      case "headerBlock":
        throw calm("header block is not complete in time");
      case "body":
        return this.#stalledBodies();
      case "idle":
        return core.leave(ErrorCode.NO_ERROR, "idle");
      case "keepalive":
        return this.#keepalive();
      case "keepaliveAck":
        return core.leave(ErrorCode.NO_ERROR, "the peer does not answer PING");
      case "write":
        throw calm("the peer does not read");
      case "window":
        return this.#stalledWindows();
      case "goaway":
        return this.shutdown.finalGoaway();
      case "drain":
        return this.shutdown.drainLimit();
      case "grace":
        return core.close(ErrorCode.NO_ERROR, "drain limit");
    }
  }

  #handshakeFailed(): void {
    if (this.core.phase === "preface") {
      throw protocolError("no client preface in time");
    }
    throw new ConnectionError(
      ErrorCode.SETTINGS_TIMEOUT,
      "SETTINGS or their acknowledgement did not arrive in time (RFC 9113 section 6.5.3)",
    );
  }

  /** Any word from the peer counts; only after silence is it pinged (RFC 9113 section 6.7). */
  #keepalive(): void {
    const { deadlines, limits, now, sender, streams } = this.core;
    if (streams.size === 0) return;
    const silentUntil = this.#heard + limits.keepaliveMs;
    deadlines.set("keepalive", silentUntil > now ? silentUntil : now + limits.keepaliveMs);
    if (silentUntil > now || deadlines.isSet("keepaliveAck")) return;
    writePing(sender.out, keepaliveOpaque, false);
    deadlines.set("keepaliveAck", now + limits.keepaliveTimeoutMs);
  }

  /** Resets streams whose peer keeps their window shut, or closes if it is the connection's. */
  #stalledWindows(): void {
    const { deadlines, limits, now, sender, streams } = this.core;
    let next = Infinity;
    for (const stream of [...streams.all()]) {
      if (stream.outgoing === undefined) continue;
      const until = stream.waitingSince + limits.stalledWindowMs;
      if (until > now) next = Math.min(next, until);
      else if (stream.sendWindow.available <= 0) this.#resetStalled(stream, shutWindow);
      else if (sender.window.available <= 0) throw calm("the connection's window stays shut");
      else next = Math.min(next, now + limits.stalledWindowMs);
    }
    if (next !== Infinity) deadlines.set("window", next);
  }

  /** Resets streams whose handlers wait for the end of a request that does not come. */
  #stalledBodies(): void {
    const { deadlines, limits, now, streams } = this.core;
    let next = Infinity;
    for (const stream of [...streams.all()]) {
      if (stream.state !== "open" || stream.isAnswered) continue;
      const until = stream.openedAt + limits.bodyMs;
      if (until > now) next = Math.min(next, until);
      else this.#resetStalled(stream, "the request does not come to its end");
    }
    if (next !== Infinity) deadlines.set("body", next);
  }

  #resetStalled({ id }: Stream, reason: string): void {
    this.core.count("reset");
    this.core.breakOff(id, ErrorCode.ENHANCE_YOUR_CALM, reason);
  }
}
