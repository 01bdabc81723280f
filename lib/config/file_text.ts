import { reasonOf } from "../log/mod.ts";
import type { ConfigOutcome } from "./outcome.ts";
import { LineIndex } from "./problem_list.ts";

/** About 60,000 backends. Parsing takes some 100 times the file's size in memory. */
const maxFileBytes = 8 * 1024 * 1024;

/** A file's bytes, or why there are none. */
export type FileBytes =
  | { readonly kind: "read"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly outcome: InvalidFile };

/**
 * Reads a configuration file. Never throws: the operating system's reason becomes a problem.
 * Opening a named pipe would wait for its writer, perhaps for ever; those below /dev are the
 * process's own and open (`maglevd --check --config <(generate)`).
 */
export async function readBytes(path: string): Promise<FileBytes> {
  try {
    const { size, isFifo } = await Deno.stat(path);
    if (isFifo && !path.startsWith("/dev/")) return failed(path, "is a pipe, not a file");
    if (size > maxFileBytes) return failed(path, `is larger than ${maxFileBytes} bytes: ${size}`);
    using file = await Deno.open(path);
    const bytes = await readAtMost(file.readable, maxFileBytes);
    return bytes
      ? { kind: "read", bytes }
      : failed(path, `is larger than ${maxFileBytes} bytes, or without end`);
  } catch (error) {
    return failed(path, `cannot be read: ${reasonOf(error)}`);
  }
}

/** Undefined when there is more: devices have size 0 and may never end. */
async function readAtMost(
  from: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of from) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) return undefined;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function failed(file: string, message: string): FileBytes {
  return { kind: "failed", outcome: fileProblem(file, 0, 0, message) };
}

/** A text, or where it stops being UTF-8. */
export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "failed"; readonly outcome: InvalidFile };

/** Decodes UTF-8; a byte order mark is dropped. */
export function decode(bytes: Uint8Array<ArrayBuffer>, file: string): FileText {
  if (isUtf16(bytes)) {
    const message = "is UTF-16 text: save it as UTF-8";
    return { kind: "failed", outcome: fileProblem(file, 1, 1, message) };
  }
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const lenient = new TextDecoder().decode(bytes);
    const { line, column } = new LineIndex(lenient).place(lenient.indexOf("\ufffd"));
    const message = "is not UTF-8 text from here on: save the file as UTF-8";
    return { kind: "failed", outcome: fileProblem(file, line, column, message) };
  }
}

/** By its byte order mark, or by the zero beside the first letter, which is ASCII in any such file. */
function isUtf16([first, second]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return false;
  const isMarked = first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
  return isMarked || (first === 0) !== (second === 0);
}

/** An outcome with one problem of the file as a whole. */
export function fileProblem(
  file: string,
  line: number,
  column: number,
  message: string,
): InvalidFile {
  const problem = { stage: "parse", file, line, column, path: "", message } as const;
  return { kind: "invalid", file, stage: "parse", problems: [problem] };
}

/** Why a file is not what it should be. */
export type InvalidFile = ConfigOutcome & { readonly kind: "invalid" };

/** The text of a file, or why there is none. Never rejects. */
export async function readTextFile(path: string): Promise<string | InvalidFile> {
  const read = await readBytes(path);
  const decoded = read.kind === "read" ? decode(read.bytes, path) : read;
  return decoded.kind === "text" ? decoded.text : decoded.outcome;
}
