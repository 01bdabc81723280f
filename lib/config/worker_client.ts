import { fileProblem } from "./file_text.ts";
import type { ConfigOutcome } from "./outcome.ts";
import { Assembler } from "./pieces.ts";
import { type Slice, type ToWorker, workerName } from "./worker_messages.ts";
import { workerModule } from "./worker_server.ts";

/**
 * Parses in a worker of its own. The bytes are given away to it. The result comes in slices, each
 * asked for after the one before was dealt with, so that other work runs in between.
 */
export async function parseInWorker(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
): Promise<ConfigOutcome> {
  const worker = new Worker(workerUrl(), { type: "module", name: workerName });
  try {
    const assembler = new Assembler(file);
    let slice = await ask(worker, { kind: "parse", file, bytes }, [bytes.buffer]);
    for (;;) {
      for (const piece of slice.pieces) assembler.add(piece);
      if (slice.last) return assembler.finish();
      slice = await ask(worker, { kind: "more" });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fileProblem(file, 0, 0, `cannot be parsed: the worker failed: ${reason}`);
  } finally {
    worker.terminate();
  }
}

/**
 * A module of one import. Through it the server's module is never the worker's main module, so
 * `import.meta.main` stays false in it: in a bundle, where the server's module is the whole
 * program, that is what keeps a second daemon from starting.
 */
function workerUrl(): string {
  return `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(workerModule)};`)}`;
}

function ask(worker: Worker, message: ToWorker, transfer: Transferable[] = []): Promise<Slice> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Slice>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(message, transfer);
  });
}
