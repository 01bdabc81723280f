import type { H2Field } from "../types.ts";
import { DynamicTable, fieldSize } from "./dynamic_table.ts";
import { type Cursor, HpackError, readInteger } from "./integer.ts";
import { huffmanDecode } from "./huffman.ts";
import { staticTable } from "./static_table.ts";

/** A decoded field section. */
export interface FieldSection {
  /** The fields in order; cut short where they outgrew the limit. */
  readonly fields: H2Field[];
  /** Their size with 32 octets each added (RFC 9113 section 6.5.2), also of those cut off. */
  readonly size: number;
}

/** Decodes field blocks (RFC 7541 section 3). After an {@link HpackError} it is of no more use. */
export class HpackDecoder {
  readonly #table: DynamicTable;
  #limit: number;
  #updateDue = false;

  /**
   * `tableSize` is the dynamic table's size to begin with, `limit` the most the peer may ask for;
   * the table grows only when it does.
   */
  constructor(tableSize: number, limit: number = tableSize) {
    this.#table = new DynamicTable(tableSize);
    this.#limit = limit;
  }

  /** Octets in the dynamic table. */
  get tableSize(): number {
    return this.#table.size;
  }

  /**
   * Applies an acknowledged SETTINGS_HEADER_TABLE_SIZE. When it cuts the table, the next block has
   * to begin with a size update (RFC 7541 section 4.2).
   */
  setLimit(limit: number): void {
    this.#limit = limit;
    if (limit < this.#table.maxSize) this.#updateDue = true;
  }

  /**
   * Decodes one whole field block. Once the fields outgrow `maxSize` octets the rest is decoded for
   * the table's sake only: the compression state is the connection's, the request is the stream's.
   */
  decode(block: Uint8Array, maxSize: number): FieldSection {
    const cursor: Cursor = { bytes: block, at: 0 };
    this.#sizeUpdates(cursor);
    const fields: H2Field[] = [];
    let size = 0;
    while (cursor.at < block.length) {
      const field = this.#field(cursor);
      size += fieldSize(field[0], field[1]);
      if (size <= maxSize) fields.push(field);
    }
    return { fields, size };
  }

  /** Size updates stand at the beginning of a block (sections 4.2 and 6.3). */
  #sizeUpdates(cursor: Cursor): void {
    while (((cursor.bytes[cursor.at] ?? 0) & 0xe0) === 0x20) {
      const size = readInteger(cursor, 5);
      if (size > this.#limit) {
        throw new HpackError(`dynamic table of ${size} octets asked for, ${this.#limit} allowed`);
      }
      this.#table.resize(size);
      this.#updateDue = false;
    }
    if (this.#updateDue) throw new HpackError("dynamic table size update is missing");
  }

  #field(cursor: Cursor): H2Field {
    const first = cursor.bytes[cursor.at] ?? 0;
    if (first >= 0x80) return this.#lookup(readInteger(cursor, 7));
    if (first >= 0x40) {
      const field = this.#literal(cursor, 6);
      this.#table.insert(field);
      return field;
    }
    if (first >= 0x20) throw new HpackError("dynamic table size update after the first field");
    // Without indexing and never indexed (sections 6.2.2 and 6.2.3) read alike.
    return this.#literal(cursor, 4);
  }

  #literal(cursor: Cursor, prefixBits: number): H2Field {
    const index = readInteger(cursor, prefixBits);
    const name = index === 0 ? readString(cursor) : this.#lookup(index)[0];
    return [name, readString(cursor)];
  }

  /** One index space for both tables (RFC 7541 section 2.3.3). */
  #lookup(index: number): H2Field {
    const field = index <= staticTable.length
      ? staticTable[index - 1]
      : this.#table.at(index - staticTable.length - 1);
    if (field === undefined) throw new HpackError(`no field at index ${index}`);
    return field;
  }
}

/** Reads a string literal (RFC 7541 section 5.2), one character per octet. */
function readString(cursor: Cursor): string {
  const { bytes } = cursor;
  const huffman = ((bytes[cursor.at] ?? 0) & 0x80) !== 0;
  const length = readInteger(cursor, 7);
  const start = cursor.at;
  const end = start + length;
  if (end > bytes.length) {
    throw new HpackError(`string of ${length} octets runs past the end of the field block`);
  }
  cursor.at = end;
  return huffman ? huffmanDecode(bytes, start, end) : latin1(bytes, start, end);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += 4096) {
    // Typed arrays are array-like enough for apply; TypeScript's signature is narrower.
    const piece: ArrayLike<number> = bytes.subarray(at, Math.min(end, at + 4096));
    text += String.fromCharCode.apply(undefined, piece as number[]);
  }
  return text;
}
