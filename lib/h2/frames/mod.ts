/** Frames on the wire (RFC 9113 sections 4 and 6): bytes to frames and back. */
export * from "./types.ts";
export * from "./reader.ts";
export * from "./payload.ts";
export * from "./output.ts";
export * from "./writer.ts";
