import type { ConfigOutcome } from "./outcome.ts";
import { LineIndex } from "./line_index.ts";
import { reasonOf } from "./reason.ts";

/** About 60,000 backends. Parsing takes some 100 times the file's size in memory. */
const maxFileBytes = 8 * 1024 * 1024;

/** A file's bytes, or why there are none. */
export type FileBytes =
  | { readonly kind: "read"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly outcome: ConfigOutcome };

/** Reads a configuration file. Never throws: the operating system's reason becomes a problem. */
export async function readBytes(path: string): Promise<FileBytes> {
  try {
    const { size } = await Deno.stat(path);
    if (size > maxFileBytes) return failed(path, `is larger than ${maxFileBytes} bytes: ${size}`);
    return { kind: "read", bytes: await Deno.readFile(path) };
  } catch (error) {
    return failed(path, `cannot be read: ${reasonOf(error)}`);
  }
}

function failed(file: string, message: string): FileBytes {
  return { kind: "failed", outcome: fileProblem(file, 0, 0, message) };
}

/** A text, or where it stops being UTF-8. */
export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "failed"; readonly outcome: ConfigOutcome };

/** Decodes UTF-8; a byte order mark is dropped. */
export function decode(bytes: Uint8Array<ArrayBuffer>, file: string): FileText {
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const lenient = new TextDecoder().decode(bytes);
    const { line, column } = new LineIndex(lenient).place(lenient.indexOf("\ufffd"));
    const message = "is not UTF-8 text from here on";
    return { kind: "failed", outcome: fileProblem(file, line, column, message) };
  }
}

/** An outcome with one problem of the file as a whole. */
export function fileProblem(
  file: string,
  line: number,
  column: number,
  message: string,
): ConfigOutcome {
  const problem = { stage: "parse", file, line, column, path: "", message } as const;
  return { kind: "invalid", file, stage: "parse", problems: [problem] };
}
