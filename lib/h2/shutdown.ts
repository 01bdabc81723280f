import type { Core } from "./core.ts";
import { ErrorCode } from "./errors.ts";
import { writeGoaway, writePing } from "./frames/mod.ts";
import { largestWindow } from "./flow.ts";

/** Marks the PING that measures the way to the peer and back. */
const pingOpaque: Uint8Array = new TextEncoder().encode("shutdown");

/**
 * Graceful shutdown (RFC 9113 section 6.8): a first GOAWAY that refuses nothing, one round trip for
 * requests that are under way, a final GOAWAY, then streams have until the drain limit to end; after
 * it handlers get a moment for a last answer, and the connection is closed.
 */
export class Shutdown {
  constructor(private readonly core: Core) {}

  /** Begins, or brings the drain limit forward. */
  begin(drainMs: number): void {
    const { phase, deadlines, now, limits, sender } = this.core;
    if (phase === "closed") return;
    if (phase === "preface" || phase === "settings") {
      this.core.leave(ErrorCode.NO_ERROR, "shutdown");
      return;
    }
    if (!deadlines.isSet("grace")) deadlines.set("drain", now + drainMs);
    if (phase === "draining") return;
    this.core.phase = "draining";
    deadlines.clear("idle");
    writeGoaway(sender.out, largestWindow, ErrorCode.NO_ERROR, "");
    writePing(sender.out, pingOpaque, false);
    deadlines.set("goaway", now + limits.goawayMs);
  }

  /** The peer has acknowledged a PING: whatever it sent before GOAWAY arrived is here. */
  pingAcknowledged(opaque: Uint8Array): void {
    if (this.core.phase !== "draining") return;
    if (opaque.every((octet, at) => octet === pingOpaque[at])) this.finalGoaway();
  }

  /** Refuses what comes from now on. */
  finalGoaway(): void {
    const core = this.core;
    if (core.lastServed !== Infinity) return;
    core.deadlines.clear("goaway");
    core.lastServed = core.streams.last;
    writeGoaway(core.sender.out, core.lastServed, ErrorCode.NO_ERROR, "");
    core.closeWhenDone();
  }

  /** Asks handlers to end. */
  drainLimit(): void {
    this.finalGoaway();
    const core = this.core;
    if (core.phase === "closed") return;
    core.events.push({ type: "drain limit" });
    core.deadlines.set("grace", core.now + core.limits.abortGraceMs);
  }
}
