import type { H2Field, H2Response } from "../h2/mod.ts";
import { OneChunk, type Release, wholeAnswer } from "../port/mod.ts";

/**
 * What the page may load and do: its own files and its own server, nothing inline, no other host,
 * no frame around it.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** On every answer. */
const always: readonly H2Field[] = [
  ["content-security-policy", policy],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
];

/** An answer with a body that may have any length. */
export function stream(
  type: string,
  body: AsyncIterable<Uint8Array>,
  ...more: readonly H2Field[]
): H2Response {
  return { status: 200, headers: [["content-type", type], ...always, ...more], body };
}

/** An answer that is there as a whole. */
export function answer(
  status: number,
  type: string,
  content: string | Uint8Array,
  ...more: readonly H2Field[]
): H2Response {
  return wholeAnswer(status, type, content, ...always, ...more);
}

/** An answer whose octets others may get as well; `release` is called when they have left. */
export function shared(
  type: string,
  octets: Uint8Array,
  release: Release,
  ...more: readonly H2Field[]
): H2Response {
  return { ...answer(200, type, octets, ...more), body: new OneChunk(octets, release) };
}

/** A sentence. */
export function sentence(
  status: number,
  text: string,
  ...more: readonly H2Field[]
): H2Response {
  return answer(status, "text/plain; charset=utf-8", `${text}\n`, ...more);
}

/** JSON that nobody may keep. */
export function json(
  value: unknown,
  status = 200,
  ...more: readonly H2Field[]
): H2Response {
  return answer(
    status,
    "application/json",
    JSON.stringify(value),
    ["cache-control", "no-store"],
    ...more,
  );
}

/** Somewhere else. */
export function elsewhere(location: string): H2Response {
  return sentence(302, `see ${location}`, ["location", location]);
}
