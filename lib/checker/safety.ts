import type { Reason } from "../events/mod.ts";

/** Of what a measure that keeps traffic safe does by itself: nobody asked for it at that moment. */
export const safetyReason: Reason = { cause: { kind: "safety" } };
