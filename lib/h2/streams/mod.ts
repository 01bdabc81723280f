/** Streams and their states (RFC 9113 section 5). */
export * from "./state.ts";
export * from "./stream.ts";
export * from "./streams.ts";
