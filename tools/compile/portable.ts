import type { Program } from "../programs.ts";
import { choosingScript, filledIn } from "../scripts.ts";

/** What a portable file is made of; compressed pieces as they go into it. */
export interface Pieces {
  readonly version: string;
  /** The Deno executable for the target. */
  readonly runtime: Piece;
  readonly programs: readonly (Piece & { readonly program: Program })[];
}

/** Something that is unpacked. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same in gzip's format. */
  readonly compressed: Uint8Array;
}

/**
 * One executable file that is all the programs: a shell script with the pieces behind it. Same
 * pieces, same bytes.
 */
export async function portableFile({ version, runtime, programs }: Pieces): Promise<Uint8Array> {
  const template = await choosingScript(
    "packaging/portable.sh",
    programs.map(({ program }) => program),
  );
  const names = programs.map(({ program }) => program.name);
  const files = ["runtime", ...names.map((name) => `${name}.js`)];
  const pieces = [runtime, ...programs];
  const sums = await Promise.all(pieces.map(({ bytes }) => sha256(bytes)));
  const fill = (start: number): Uint8Array => {
    let at = start + 1;
    const places = pieces.map(({ compressed: { length } }, i) => {
      const line = `${pad(at)} ${length} ${files[i]}`;
      at += length;
      return line;
    });
    const text = filledIn(template, {
      VERSION: version,
      LINKS: names.join(" "),
      FILES: files.slice(1).join(" "),
      KEY: sums.map((sum) => sum.slice(0, 8)).join(""),
      SUMS: sums.map((sum, i) => `${sum}  ${files[i]}`).join("\n"),
      MEGABYTES: String(Math.ceil(runtime.bytes.length / 1e6)),
      PIECES: places.join("\n"),
      SIZE: pad(at - 1),
    });
    return new TextEncoder().encode(text);
  };
  const compressed = pieces.map((each) => each.compressed);
  return concatenate([fill(fill(0).length), ...compressed]);
}

/** Positions are counted from 1, as tail(1) does; padded so that filling them in moves nothing. */
function pad(position: number): string {
  return String(position).padStart(12, "0");
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
