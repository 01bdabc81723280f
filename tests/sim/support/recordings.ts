/** The conversations that were recorded with a real VPP. */

/** One line of a recording. */
export type RecordedLine =
  | { readonly kind: "frame"; readonly toVpp: boolean; readonly payload: Uint8Array }
  | { readonly kind: "note"; readonly note: string; readonly result: unknown };

/** One file. */
export interface Recording {
  readonly name: string;
  readonly lines: readonly RecordedLine[];
}

/** Where recordings lie; the environment may name a folder with others, compressed or not. */
const directory = Deno.env.get("VPP_RECORDINGS") ??
  new URL("../../vppclient/data/recordings", import.meta.url).pathname;

/** All recordings, by name. */
export async function readRecordings(): Promise<Recording[]> {
  const names = Array.from(Deno.readDirSync(directory), (entry) => entry.name)
    .filter((name) => /\.jsonl(\.gz)?$/.test(name)).sort();
  return await Promise.all(names.map(async (name) => {
    const text = await readText(`${directory}/${name}`);
    return { name, lines: text.trim().split("\n").map(parseLine) };
  }));
}

/**
 * The recordings in sessions: those of one VPP, in the order in which they were made. The
 * recording client numbered its requests on from one file to the next, and began again at 1 (or
 * anywhere else) with another VPP.
 */
export function sessions(recordings: readonly Recording[]): Recording[][] {
  const sorted = recordings.toSorted((a, b) => contexts(a).first - contexts(b).first);
  const result: Recording[][] = [];
  for (const recording of sorted) {
    const current = result.find((session) => {
      const last = session.at(-1);
      return last && contexts(last).last + 1 === contexts(recording).first;
    });
    if (current) current.push(recording);
    else result.push([recording]);
  }
  return result;
}

async function readText(path: string): Promise<string> {
  const file = await Deno.open(path);
  const bytes = path.endsWith(".gz")
    ? file.readable.pipeThrough(new DecompressionStream("gzip"))
    : file.readable;
  return await new Response(bytes).text();
}

function parseLine(line: string): RecordedLine {
  const value = JSON.parse(line);
  if (typeof value.dir !== "string") {
    return { kind: "note", note: value.note, result: value.result };
  }
  return {
    kind: "frame",
    toVpp: value.dir === "to-vpp",
    payload: Uint8Array.fromHex(value.payload),
  };
}

/** Contexts of the first and last request behind the handshake. */
function contexts(recording: Recording): { first: number; last: number } {
  const seen = recording.lines.flatMap((line) =>
    line.kind === "frame" && line.toVpp && line.payload.length >= 10 && line.payload[1] !== 15
      ? [new DataView(line.payload.buffer, line.payload.byteOffset).getUint32(6)]
      : []
  );
  return { first: seen[0] ?? 0, last: seen.at(-1) ?? 0 };
}
