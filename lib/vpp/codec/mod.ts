/**
 * Messages as data: from one declaration follow encoder, decoder and TypeScript types. Pure.
 *
 * @module
 */

export * from "./address.ts";
export * from "./bytes.ts";
export * from "./field.ts";
export * from "./message.ts";
