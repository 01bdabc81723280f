/**
 * Compares the messages declared in lib/vpp/messages with VPP's own `*.api.json` files: names,
 * CRCs, fields, order, types, enum values. Usage: `deno task binapi-check DIR`, DIR being
 * `/usr/share/vpp/api` on a VPP host (its subfolders are read too).
 *
 * @module
 */

import type { Definition, Field, Fields, Message } from "../lib/vpp/codec/mod.ts";
import { allMessages } from "../lib/vpp/messages/mod.ts";

type Row = readonly [type: string, name: string, ...rest: (string | number)[]];

/** What VPP's files define, by name. */
export interface ApiFiles {
  readonly messages: ReadonlyMap<string, { readonly crc: string; readonly fields: readonly Row[] }>;
  readonly structs: ReadonlyMap<string, readonly Row[]>;
  readonly enums: ReadonlyMap<string, { readonly base: string; readonly values: EnumValues }>;
  readonly aliases: ReadonlyMap<string, string>;
}

type EnumValues = Readonly<Record<string, number>>;

/** Takes the texts of `*.api.json` files together. */
export function readApiFiles(texts: readonly string[]): ApiFiles {
  const messages = new Map<string, { crc: string; fields: Row[] }>();
  const structs = new Map<string, Row[]>();
  const enums = new Map<string, { base: string; values: EnumValues }>();
  const aliases = new Map<string, string>();
  for (const file of texts.map((text) => JSON.parse(text))) {
    for (const [name, ...rows] of file.messages ?? []) {
      const crc = String(rows.at(-1)?.crc ?? "").replace(/^0x/, "");
      messages.set(name, { crc, fields: rowsOf(rows) });
    }
    for (const [name, ...rows] of file.types ?? []) structs.set(name, rowsOf(rows));
    for (const [name, ...rows] of [...file.enums ?? [], ...file.enumflags ?? []]) {
      const values = Object.fromEntries(rows.filter(Array.isArray));
      enums.set(name, { base: String(rows.at(-1)?.enumtype), values });
    }
    for (const [name, target] of Object.entries<AliasTarget>(file.aliases ?? {})) {
      aliases.set(name, target.length ? `${target.type}[${target.length}]` : target.type);
    }
  }
  return { messages, structs, enums, aliases };
}

type AliasTarget = { readonly type: string; readonly length?: number };

/** Without defaults, discriminators, comments. */
function rowsOf(rows: readonly unknown[]): Row[] {
  return rows.filter((row) => Array.isArray(row))
    .map((row) => row.filter((part: unknown) => typeof part !== "object") as unknown as Row);
}

/** One sentence per difference, none when `messages` are what VPP has. */
export function differences(api: ApiFiles, messages: readonly Message[] = allMessages): string[] {
  return [...new Set(messages.flatMap((message) => compareMessage(api, message)))];
}

function compareMessage(api: ApiFiles, message: Message): string[] {
  const theirs = api.messages.get(message.name);
  if (!theirs) return [`VPP has no message ${message.name}`];
  const crc = theirs.crc === message.crc
    ? []
    : [`${message.name} has the CRC ${theirs.crc} in VPP, ${message.crc} here`];
  const header: Row[] = message.header === "client"
    ? [["u16", "_vl_msg_id"], ["u32", "client_index"], ["u32", "context"]]
    : [["u16", "_vl_msg_id"], ["u32", "context"]];
  const mine = [...header, ...rowsOfFields(message.fields)];
  return [
    ...crc,
    ...compareRows(message.name, mine, theirs.fields),
    ...compareTypes(api, message.fields),
  ];
}

function rowsOfFields(fields: Fields): Row[] {
  return Object.entries(fields).map(([name, field]) => {
    const [type, ...rest] = field.api;
    return [String(type), name, ...rest];
  });
}

function compareRows(owner: string, mine: readonly Row[], theirs: readonly Row[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
    const here = JSON.stringify(mine[i]);
    const there = JSON.stringify(theirs[i]);
    if (here === there) continue;
    found.push(`field ${i} of ${owner} is ${there ?? "not there"} in VPP, ${here ?? "none"} here`);
  }
  return found;
}

function compareTypes(api: ApiFiles, fields: Fields): string[] {
  return Object.values(fields).flatMap((field: Field<unknown>) =>
    field.definition ? compareDefinition(api, field.definition) : []
  );
}

function compareDefinition(api: ApiFiles, definition: Definition): string[] {
  const { name } = definition;
  switch (definition.kind) {
    case "struct": {
      const theirs = api.structs.get(name);
      if (!theirs) return [`VPP has no type ${name}`];
      const rows = compareRows(name, rowsOfFields(definition.fields), theirs);
      return [...rows, ...compareTypes(api, definition.fields)];
    }
    case "alias": {
      const theirs = api.aliases.get(name);
      return theirs === definition.of
        ? []
        : [`${name} is ${theirs ?? "not there"} in VPP, ${definition.of} here`];
    }
    case "enum": {
      const theirs = api.enums.get(name);
      if (!theirs) return [`VPP has no enum ${name}`];
      const here = `${definition.base} ${JSON.stringify(definition.values)}`;
      const there = `${theirs.base} ${JSON.stringify(theirs.values)}`;
      return here === there ? [] : [`${name} is ${there} in VPP, ${here} here`];
    }
  }
}

/** The `*.api.json` files below `folder`. */
export async function apiFilesBelow(folder: string): Promise<string[]> {
  const texts: string[] = [];
  const entries = await Array.fromAsync(Deno.readDir(folder));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${name}`;
    if (isDirectory) texts.push(...await apiFilesBelow(path));
    else if (name.endsWith(".api.json")) texts.push(await Deno.readTextFile(path));
  }
  return texts;
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (folder === undefined) {
    console.error("usage: deno task binapi-check DIR, such as /usr/share/vpp/api");
    Deno.exit(2);
  }
  const found = differences(readApiFiles(await apiFilesBelow(folder)));
  for (const line of found) console.error(line);
  console.log(`${allMessages.length} messages compared, ${found.length} differences`);
  Deno.exit(found.length === 0 ? 0 : 1);
}
