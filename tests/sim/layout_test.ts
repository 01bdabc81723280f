import assert from "node:assert/strict";
import { Writer } from "../../lib/sim/fields.ts";
import { messageTable } from "../../lib/sim/message_table.ts";
import { type Message, messages } from "../../lib/sim/messages.ts";

/** `["u32", "context"]`, with a length or the name of a count behind it for arrays. */
type ApiField = readonly [type: string, name: string, ...rest: unknown[]];

interface ApiFile {
  readonly messages: readonly (readonly unknown[])[];
  readonly types: readonly (readonly [string, ...ApiField[]])[];
  readonly unions: readonly (readonly [string, ...ApiField[]])[];
  readonly enums: readonly (readonly unknown[])[];
  readonly aliases: Readonly<Record<string, { type: string; length?: number }>>;
}

const directory = new URL("../vpp/data/api/", import.meta.url);
const api: ApiFile[] = Array.from(Deno.readDirSync(directory)).map(({ name }) =>
  JSON.parse(Deno.readTextFileSync(new URL(name, directory)))
);

const envelope = ["_vl_msg_id", "client_index", "context"];
const sizes: Record<string, number> = {
  u8: 1,
  bool: 1,
  string: 1,
  u16: 2,
  u32: 4,
  i32: 4,
  f64: 8,
};

for (const message of Object.values<Message>(messages)) {
  Deno.test(`${message.name} is laid out as VPP's API file says`, () => {
    const found = api.flatMap((file) => file.messages).find(([name]) => name === message.name);
    assert.ok(found, "VPP has no such message");
    const fields = found.slice(1, -1) as ApiField[];
    const { crc } = found.at(-1) as { crc: string };
    assert.equal(message.nameCrc, `${message.name}_${crc.slice(2)}`);
    const expected = fields.filter(([, name], i) => i >= 3 || !envelope.includes(name));
    assert.deepEqual(fieldNames(message.shape), namesOf(expected));
    const writer = new Writer();
    message.codec.write(writer, message.codec.zero);
    assert.equal(writer.finish().length, expected.reduce((sum, field) => sum + sizeOf(field), 0));
  });
}

Deno.test("every message is in the table, whose ids are 1 to 853", () => {
  const names = new Set(messageTable.map(({ nameCrc }) => nameCrc));
  for (const { nameCrc } of Object.values(messages)) assert.ok(names.has(nameCrc), nameCrc);
  const ids = messageTable.map(({ id }) => id).sort((a, b) => a - b);
  assert.deepEqual(ids, Array.from({ length: 853 }, (_, i) => i + 1));
});

/** A count that VPP names is part of our list, so it has no name of its own. */
function namesOf(fields: readonly ApiField[]): string[] {
  const counts = fields.map(([, , , count]) => count).filter((count) => typeof count === "string");
  return fields.map(([, name]) => name).filter((name) => !counts.includes(name));
}

function fieldNames(shape: object): string[] {
  return Object.keys(shape);
}

/** Bytes on the wire when every list and text is empty. */
function sizeOf([type, , length, count]: ApiField): number {
  if (typeof count === "string") return 0;
  if (type === "string" && length === 0) return 4;
  return typeSize(type) * (typeof length === "number" ? length : 1);
}

function typeSize(type: string): number {
  const size = sizes[type];
  if (size !== undefined) return size;
  const name = type.replace(/^vl_api_(.*)_t$/, "$1");
  for (const file of api) {
    const alias = file.aliases[name];
    if (alias) return typeSize(alias.type) * (alias.length ?? 1);
    const found = file.types.find(([own]) => own === name);
    if (found) return found.slice(1).reduce((sum, field) => sum + sizeOf(asField(field)), 0);
    const union = file.unions.find(([own]) => own === name);
    if (union) return Math.max(...union.slice(1).map((field) => sizeOf(asField(field))));
    const enumeration = file.enums.find(([own]) => own === name);
    if (enumeration) return typeSize((enumeration.at(-1) as { enumtype: string }).enumtype);
  }
  throw new Error(`no type ${type} in the API files`);
}

/** Types end with a comment, which takes no bytes. */
function asField(field: unknown): ApiField {
  return Array.isArray(field) ? field as unknown as ApiField : ["u8", "comment", 0];
}
