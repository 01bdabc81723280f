import { closedFlags, type Program, root } from "../programs.ts";

/** A program's pieces, compressed. */
export interface Pieces {
  readonly program: Program;
  readonly version: string;
  /** The Deno executable for the target, and its size once unpacked. */
  readonly runtime: Uint8Array;
  readonly runtimeSize: number;
  /** The bundle. */
  readonly bundle: Uint8Array;
}

/** One executable file: a shell script with the pieces behind it. Same pieces, same bytes. */
export async function portableFile(pieces: Pieces): Promise<Uint8Array> {
  const template = await Deno.readTextFile(`${root}packaging/portable.sh`);
  const { program, runtime, bundle } = pieces;
  const key = await contentKey(runtime, bundle);
  const fill = (runtimeAt: number): Uint8Array => {
    const values: Readonly<Record<string, string>> = {
      NAME: program.name,
      VERSION: pieces.version,
      KEY: key,
      FLAGS: [...program.permissions, ...closedFlags].join(" "),
      MEGABYTES: String(Math.ceil(pieces.runtimeSize / 1e6)),
      RUNTIME_AT: pad(runtimeAt),
      RUNTIME_SIZE: String(runtime.length),
      PROGRAM_AT: pad(runtimeAt + runtime.length),
      PROGRAM_SIZE: String(bundle.length),
    };
    const text = template.replaceAll(/@([A-Z_]+)@/g, (mark, name) => values[name] ?? mark);
    return new TextEncoder().encode(text);
  };
  return concatenate([fill(fill(0).length + 1), runtime, bundle]);
}

/** Positions are counted from 1, as tail(1) does; padded so that filling them in moves nothing. */
function pad(position: number): string {
  return String(position).padStart(12, "0");
}

/** What the cache directory is named after. */
async function contentKey(...parts: readonly Uint8Array[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", concatenate(parts));
  return [...new Uint8Array(digest, 0, 12)].map((b) => b.toString(16).padStart(2, "0")).join("");
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
