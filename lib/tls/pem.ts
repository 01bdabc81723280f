import { X509Certificate } from "node:crypto";
import { reasonOf } from "../log/mod.ts";

/** A file that was read, and what people call it: `--tls-cert /etc/…`. */
export interface PemFile {
  readonly where: string;
  readonly text: string;
}

/** What is wrong with a file of certificates or keys, as a sentence that says where. */
export class PemError extends Error {
  /** Always `PemError`. */
  override readonly name = "PemError";
}

/** Octets of a file: a bundle of all public authorities is a quarter of it. */
const mostBytes = 1_048_576;

/** Reads a file of PEM. Rejects with PemError. */
export async function readPem(flag: string, path: string): Promise<PemFile> {
  const where = `${flag} ${path}`;
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new PemError(`${where}: is no file`);
    if (size > mostBytes) throw new PemError(`${where}: is longer than ${mostBytes} bytes`);
    return { where, text: await Deno.readTextFile(path) };
  } catch (error) {
    if (error instanceof PemError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw new PemError(`${where}: there is no such file`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new PemError(`${where}: maglevd may not read it`);
    }
    throw new PemError(`${where}: cannot be read: ${reasonOf(error)}`);
  }
}

/** One of the pieces that a file of PEM consists of (RFC 7468). */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string;
  readonly text: string;
  /** That it begins in, from 1. */
  readonly line: number;
}

/** The pieces of a file, in their order. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const found = text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\r?$[^]*?^-----END \1-----\r?$/gm);
  return [...found].map(({ 0: block, 1: label = "", index }) => ({
    ...{ label, text: block },
    line: text.slice(0, index).split("\n").length,
  }));
}

/** Where a certificate begins that a slip in one of its two lines would have passed over. */
function unboundedLine(text: string, blocks: readonly PemBlock[]): number | undefined {
  const ofTwo = blocks.find((block) => block.text.lastIndexOf("-----BEGIN ") > 0);
  if (ofTwo) return ofTwo.line;
  const whole = new Set(blocks.map(({ line }) => line));
  const begun = text.split("\n").entries().map(([i, line]) => ({ line, number: i + 1 }));
  return begun
    .find(({ line, number }) => /^\s*-----BEGIN CERTIFICATE-----/.test(line) && !whole.has(number))
    ?.number;
}

const unbounded = "the certificate that begins here is not between a line -----BEGIN " +
  "CERTIFICATE----- and a line -----END CERTIFICATE-----";

/** The certificates of a file. Throws PemError when there is none, or one cannot be read. */
export function certificatesOf({ where, text }: PemFile): readonly X509Certificate[] {
  const blocks = pemBlocks(text).filter(({ label }) => label === "CERTIFICATE");
  const line = unboundedLine(text, blocks);
  if (line !== undefined) throw new PemError(`${where}:${line}: ${unbounded}`);
  if (blocks.length === 0) {
    throw new PemError(`${where}: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  }
  return blocks.map((block) => {
    try {
      return new X509Certificate(block.text);
    } catch {
      // The library tells of its own tags and lengths.
      throw new PemError(`${where}:${block.line}: the certificate that begins here is damaged`);
    }
  });
}
