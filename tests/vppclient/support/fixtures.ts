/** Reads the recordings of a real VPP that lie in data/. */

const data = new URL("../data/", import.meta.url);

/** A frame as it was on the socket, or a remark about the frames before it. */
export type RecordedLine =
  | {
    readonly dir: "to-vpp" | "from-vpp";
    readonly header: Uint8Array<ArrayBuffer>;
    readonly payload: Uint8Array<ArrayBuffer>;
  }
  | { readonly dir: "note"; readonly note: string; readonly result: unknown };

/** The bytes of a gzipped file below data/. */
export async function gunzipped(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await Deno.open(new URL(path, data));
  const stream = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The text of a gzipped file below data/. */
export async function gunzippedText(path: string): Promise<string> {
  return new TextDecoder().decode(await gunzipped(path));
}

/** A plain text file below data/. */
export function textFile(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, data));
}

/** Names of the recorded conversations. */
export const recordingNames = [
  "cli",
  "conf",
  "handshake",
  "removal",
  "routes",
  "servers",
  "vips",
] as const;

/** One recorded conversation. */
export async function recording(name: string): Promise<RecordedLine[]> {
  const text = await gunzippedText(`recordings/${name}.jsonl.gz`);
  return text.split("\n").filter((line) => line !== "").map(parseLine);
}

function parseLine(line: string): RecordedLine {
  const value: Record<string, unknown> = JSON.parse(line);
  if (typeof value.note === "string") {
    return { dir: "note", note: value.note, result: value.result };
  }
  if (value.dir !== "to-vpp" && value.dir !== "from-vpp") throw new Error(`odd line: ${line}`);
  return {
    dir: value.dir,
    header: Uint8Array.fromHex(String(value.header)),
    payload: Uint8Array.fromHex(String(value.payload)),
  };
}
