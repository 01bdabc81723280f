import type { H2Field } from "../types.ts";
import { defaultTableSize, DynamicTable, fieldSize } from "./dynamic_table.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { writeInteger } from "./integer.ts";
import { staticPlaces, staticTable } from "./static_table.ts";

/** Fields whose values hardly repeat: putting them in the table would only evict others. */
const unrepeated = new Set([
  ":path",
  "content-length",
  "date",
  "etag",
  "grpc-message",
  "grpc-status-details-bin",
  "last-modified",
  "location",
]);

/** Fields whose values no intermediary may put in a table either (RFC 7541 section 7.1.3). */
const secret = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie"]);

/** Encodes field sections (RFC 7541 section 3), indexing what is likely to come again. */
export class HpackEncoder {
  readonly #table: DynamicTable;
  /** Numbers of the entries present, by name and value. */
  readonly #serials = new Map<string, Map<string, number>>();
  #sizeUpdates: number[] = [];

  /** `cap` is the most octets ever used for the table, whatever the peer allows. */
  constructor(private readonly cap: number) {
    this.#table = new DynamicTable(
      defaultTableSize,
      (field, serial) => this.#forget(field, serial),
    );
    if (cap < defaultTableSize) this.setPeerLimit(defaultTableSize);
  }

  /** Octets in the dynamic table. */
  get tableSize(): number {
    return this.#table.size;
  }

  /**
   * Applies the peer's SETTINGS_HEADER_TABLE_SIZE: the next block announces the new size, and the
   * smallest there was in between (RFC 7541 section 4.2).
   */
  setPeerLimit(limit: number): void {
    const size = Math.min(limit, this.cap);
    const [smallest = size] = this.#sizeUpdates;
    if (this.#sizeUpdates.length === 0 && size === this.#table.maxSize) return;
    this.#table.resize(size);
    this.#sizeUpdates = smallest < size ? [smallest, size] : [size];
  }

  /** The field block of `fields`. Names have to be in lower case (RFC 9113 section 8.2.1). */
  encode(fields: readonly H2Field[]): Uint8Array {
    const out: number[] = [];
    for (const size of this.#sizeUpdates) writeInteger(out, size, 5, 0x20);
    this.#sizeUpdates = [];
    for (const field of fields) this.#field(out, field);
    return Uint8Array.from(out);
  }

  #field(out: number[], field: H2Field): void {
    const [name, value] = field;
    const inStatic = staticPlaces.get(name);
    const serials = this.#serials.get(name);
    const index = inStatic?.byValue.get(value) ?? this.#dynamicIndex(serials?.get(value));
    if (index !== undefined) {
      writeInteger(out, index, 7, 0x80);
      return;
    }
    const nameIndex = inStatic?.index ?? this.#anyIndex(serials) ?? 0;
    if (secret.has(name)) writeInteger(out, nameIndex, 4, 0x10);
    else if (this.#worthIndexing(name, value)) writeInteger(out, nameIndex, 6, 0x40);
    else writeInteger(out, nameIndex, 4, 0);
    if (nameIndex === 0) writeString(out, name);
    writeString(out, value);
    if (!secret.has(name) && this.#worthIndexing(name, value)) this.#remember(field);
  }

  /** A field that fills a quarter of the table is no bargain. */
  #worthIndexing(name: string, value: string): boolean {
    return !unrepeated.has(name) && fieldSize(name, value) * 4 <= this.#table.maxSize;
  }

  #dynamicIndex(serial: number | undefined): number | undefined {
    if (serial === undefined) return undefined;
    return staticTable.length + 1 + this.#table.position(serial);
  }

  #anyIndex(serials: Map<string, number> | undefined): number | undefined {
    if (serials === undefined) return undefined;
    for (const serial of serials.values()) return this.#dynamicIndex(serial);
    return undefined;
  }

  #remember(field: H2Field): void {
    const serial = this.#table.insert(field);
    if (serial === undefined) return;
    const [name, value] = field;
    this.#serials.getOrInsertComputed(name, () => new Map()).set(value, serial);
  }

  #forget([name, value]: H2Field, serial: number): void {
    const serials = this.#serials.get(name);
    if (serials?.get(value) !== serial) return;
    serials.delete(value);
    if (serials.size === 0) this.#serials.delete(name);
  }
}

/** Writes a string literal, Huffman-coded where that is shorter (RFC 7541 section 5.2). */
function writeString(out: number[], text: string): void {
  const coded = huffmanLength(text);
  if (coded < text.length) {
    writeInteger(out, coded, 7, 0x80);
    huffmanEncode(out, text);
    return;
  }
  writeInteger(out, text.length, 7, 0);
  for (let at = 0; at < text.length; at++) out.push(text.charCodeAt(at) & 0xff);
}
