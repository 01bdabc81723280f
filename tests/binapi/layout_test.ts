/** The generated messages against VPP's own API files, read here without the generator. */

import assert from "node:assert/strict";
import { decodeMessage, encodeMessage, nameCrc, WireWriter } from "../../lib/binapi/mod.ts";
import { allMessages } from "../../lib/gen/vpp.ts";
import { ipFromBytes } from "../../lib/ip/mod.ts";
import { messageTable } from "../../lib/sim/messages.ts";

/** `["u32", "context"]`, with a length or the name of a count behind it for arrays. */
type ApiField = readonly [type: string, name: string, ...rest: unknown[]];

interface ApiFile {
  readonly messages: readonly (readonly unknown[])[];
  readonly types: readonly (readonly unknown[])[];
  readonly enums: readonly (readonly unknown[])[];
  readonly aliases: Readonly<Record<string, { type: string }>>;
}

const directory = new URL("../vppclient/data/api/", import.meta.url);
const api: ApiFile[] = Array.from(Deno.readDirSync(directory)).map(({ name }) =>
  JSON.parse(Deno.readTextFileSync(new URL(name, directory)))
);

/** Bytes that are all different, and what is to be read from them. */
class Sample {
  readonly bytes: number[] = [];
  #next = 0;

  struct(fields: readonly ApiField[]): Record<string, unknown> {
    const counts = fields.map(([, , , count]) => count);
    return Object.fromEntries(fields.map((field) => [
      field[1],
      counts.includes(field[1]) ? this.#count(field[0]) : this.#field(field),
    ]));
  }

  #field([type, , length, count]: ApiField): unknown {
    if (type === "string") return this.#text(Number(length));
    if (typeof length !== "number") return this.#one(type);
    return Array.from({ length: typeof count === "string" ? 1 : length }, () => this.#one(type));
  }

  #one(type: string): unknown {
    const size = { u8: 1, u16: 2, u32: 4, i32: 4 }[type];
    if (size !== undefined) return Number(`0x${this.#fresh(size).toHex()}`);
    if (type === "bool") {
      this.bytes.push(this.#next % 2);
      return this.#next++ % 2 === 1;
    }
    const name = type.replace(/^vl_api_(.*)_t$/, "$1");
    switch (name) {
      case "address":
        this.bytes.push(1);
        return ipFromBytes(this.#fresh(16));
      case "ip4_address":
        return ipFromBytes(this.#fresh(4));
      case "ip6_address":
        return ipFromBytes(this.#fresh(16));
      case "address_union":
        return this.#fresh(16);
    }
    const enumeration = named("enums", name);
    if (enumeration) return this.#one((enumeration.at(-1) as { enumtype: string }).enumtype);
    const fields = named("types", name);
    if (fields) return this.struct(fields.slice(1).filter(isField));
    const alias = api.find(({ aliases }) => aliases[name])?.aliases[name];
    assert.ok(alias, `no type ${type} in the API files`);
    return this.#one(alias.type);
  }

  #text(length: number): string {
    const text = `text ${this.#next++}`;
    const bytes = new TextEncoder().encode(text);
    if (length === 0) this.bytes.push(0, 0, 0, bytes.length, ...bytes);
    else this.bytes.push(...bytes, ...Array(length - bytes.length).fill(0));
    return text;
  }

  #count(type: string): number {
    this.bytes.push(...Array(Number(type.slice(1)) / 8 - 1).fill(0), 1);
    return 1;
  }

  /** Bytes from 1 to 127, so that no number of them is negative. */
  #fresh(length: number): Uint8Array {
    const bytes = Uint8Array.from({ length }, () => this.#next++ % 127 + 1);
    this.bytes.push(...bytes);
    return bytes;
  }
}

function named(kind: "messages" | "types" | "enums", name: string) {
  return api.flatMap((file) => file[kind]).find(([own]) => own === name);
}

/** Types end with a comment, messages with their CRC. */
function isField(row: unknown): row is ApiField {
  return Array.isArray(row);
}

for (const message of allMessages) {
  Deno.test(`${message.name} is laid out as VPP's API file says`, () => {
    const found = named("messages", message.name);
    assert.ok(found, "VPP has no such message");
    const { crc } = found.at(-1) as { crc: string };
    assert.equal(nameCrc(message), `${message.name}_${crc.slice(2)}`);
    const sample = new Sample();
    const { _vl_msg_id: id, ...expected } = sample.struct(found.filter(isField));
    const { header, value } = decodeMessage(message, Uint8Array.from(sample.bytes));
    const { client_index = 0 } = message.header === "client" ? expected : {};
    assert.deepEqual(header, { id, clientIndex: client_index, context: expected.context });
    if (message.header === "client") delete expected.client_index;
    delete expected.context;
    assert.deepEqual(value, expected);
    assert.deepEqual(Object.keys(value), Object.keys(expected));
    const writer = new WireWriter();
    encodeMessage(writer, message, header, value);
    assert.deepEqual([...writer.written()], sample.bytes);
  });
}

Deno.test("every message is in the table, whose ids are 1 to 853", () => {
  const names = new Set(messageTable.map((entry) => entry.nameCrc));
  for (const message of allMessages) assert.ok(names.has(nameCrc(message)), message.name);
  const ids = messageTable.map(({ id }) => id).sort((a, b) => a - b);
  assert.deepEqual(ids, Array.from({ length: 853 }, (_, i) => i + 1));
});
