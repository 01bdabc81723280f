import { HttpReader } from "../../../lib/probes/http_reader.ts";

/** What a reader made of it. */
export interface Reading {
  readonly progress: string;
  readonly status: number;
  readonly problem: string;
  readonly body: string;
}

const latin1 = new TextDecoder("latin1");

/** Each character as a byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Reads `bytes` cut at the given places, and then the end if `closes`. */
export function read(bytes: Uint8Array, cuts: readonly number[] = [], closes = false): Reading {
  const reader = new HttpReader();
  const places = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
  places.sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    reader.push(bytes.subarray(from, to));
    from = to;
  }
  if (closes) reader.end();
  const { progress, status, problem, body } = reader;
  return { progress, status, problem, body: latin1.decode(body) };
}

/** Reads a text in one piece. */
export function readText(text: string, closes = false): Reading {
  return read(bytesOf(text), [], closes);
}
