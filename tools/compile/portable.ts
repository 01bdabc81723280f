import { closedFlags, type Program, root } from "../programs.ts";

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
  const template = await Deno.readTextFile(`${root}packaging/portable.sh`);
  const names = programs.map(({ program }) => program.name);
  const sums = await Promise.all([runtime, ...programs].map(({ bytes }) => sha256(bytes)));
  const [runtimeSum = "", ...programSums] = sums;
  const fill = (runtimeAt: number): Uint8Array => {
    let at = runtimeAt + runtime.compressed.length;
    const pieces = programs.map(({ program, compressed: { length } }) => {
      const line = `  piece ${pad(at)} ${length} >"$1/${program.name}.js" || return 1`;
      at += length;
      return line;
    });
    const values: Readonly<Record<string, string>> = {
      VERSION: version,
      NAMES: names.join(" and "),
      FIRST: names[0] ?? "",
      PATTERN: names.join(" | "),
      LINKS: names.join(" "),
      FILES: names.map((name) => `${name}.js`).join(" "),
      KEY: runtimeSum.slice(0, 8) + programSums.map((sum) => sum.slice(0, 8)).join(""),
      RUNTIME_SUM: runtimeSum,
      SUMS: programSums.map((sum, i) => `${sum}  ${names[i]}.js`).join("\n"),
      FLAGS: programs.map(({ program: { name, permissions } }) =>
        `  ${name}) flags='${[...permissions, ...closedFlags].join(" ")}' ;;`
      ).join("\n"),
      MEGABYTES: String(Math.ceil(runtime.bytes.length / 1e6)),
      RUNTIME_AT: pad(runtimeAt),
      RUNTIME_SIZE: String(runtime.compressed.length),
      PIECES: pieces.join("\n"),
    };
    const text = template.replaceAll(/@([A-Z_]+)@/g, (mark, name) => values[name] ?? mark);
    return new TextEncoder().encode(text);
  };
  const compressed = programs.map((each) => each.compressed);
  return concatenate([fill(fill(0).length + 1), runtime.compressed, ...compressed]);
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
