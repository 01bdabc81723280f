/** One field: type, name, then a length (0: as many as the count that follows). */
export type Row = readonly [type: string, name: string, length?: number, count?: string];

/** A message or structure. */
export interface Layout {
  readonly rows: readonly Row[];
  /** VPP's comment, without the markup. */
  readonly brief: string;
  /** VPP's comments on fields, by their names. */
  readonly comments: ReadonlyMap<string, string>;
}

/** A message. */
export interface MessageLayout extends Layout {
  /** Eight hex digits. */
  readonly crc: string;
  /** Of which API: `lb`. */
  readonly module: string;
}

/** A request's answer. */
export interface Service {
  /** The name of the message. */
  readonly reply: string;
  /** Whether it comes any number of times. */
  readonly stream?: boolean;
}

/** A number with names. */
export interface Enumeration {
  /** `u8` or `u32`. */
  readonly base: string;
  readonly values: Readonly<Record<string, number>>;
}

/** What ends a row of rows: all that is no field. */
interface Notes {
  readonly crc?: string;
  readonly comment?: string;
  readonly enumtype?: string;
}

/** What VPP's `*.api.json` files define, by name. */
export class ApiFiles {
  readonly messages = new Map<string, MessageLayout>();
  readonly services = new Map<string, Service>();
  readonly structs = new Map<string, Layout>();
  readonly enums = new Map<string, Enumeration>();
  readonly unions = new Map<string, Layout>();
  /** Other names of types, or of so many of them. */
  readonly aliases = new Map<string, { readonly type: string; readonly length?: number }>();

  /** Takes the texts of files together; each repeats the types that it uses. */
  constructor(texts: readonly string[]) {
    for (const file of texts.map((text) => JSON.parse(text))) {
      for (const [name, ...rows] of file.messages ?? []) {
        const crc = notesOf(rows).crc?.replace(/^0x/, "") ?? "";
        this.messages.set(name, { ...layoutOf(rows), crc, module: file.module });
      }
      for (const [name, ...rows] of file.types ?? []) this.structs.set(name, layoutOf(rows));
      for (const [name, ...rows] of [...file.enums ?? [], ...file.enumflags ?? []]) {
        const values = Object.fromEntries(rows.filter(Array.isArray));
        this.enums.set(name, { base: notesOf(rows).enumtype ?? "", values });
      }
      for (const [name, ...rows] of file.unions ?? []) this.unions.set(name, layoutOf(rows));
      setAll(this.aliases, file.aliases);
      setAll(this.services, file.services);
    }
  }

  /** A type in one line: `u8[4]`, `{u8 le, u8 ge}`, `u8 ADDRESS_IP4 0 ADDRESS_IP6 1`. */
  definition(name: string): string {
    const alias = this.aliases.get(name);
    if (alias) return alias.length ? `${alias.type}[${alias.length}]` : alias.type;
    const { base, values = {} } = this.enums.get(name) ?? {};
    if (base !== undefined) return [base, ...Object.entries(values).flat()].join(" ");
    const { rows } = this.structs.get(name) ?? this.unions.get(name) ?? {};
    return rows ? `{${rows.map((row) => row.join(" ")).join(", ")}}` : "not there";
  }
}

function setAll<T>(map: Map<string, T>, more: Readonly<Record<string, T>> = {}): void {
  for (const [name, value] of Object.entries(more)) map.set(name, value);
}

function notesOf(rows: readonly unknown[]): Notes {
  const last = rows.at(-1);
  return Array.isArray(last) ? {} : last ?? {};
}

function layoutOf(rows: readonly unknown[]): Layout {
  // A row may end with a default or what a union is told apart by.
  const fields = rows.filter(Array.isArray)
    .map((row) => row.filter((part) => typeof part !== "object") as unknown as Row);
  return { rows: fields, ...commentsOf(notesOf(rows).comment ?? "") };
}

/** Takes a comment of Doxygen's apart: `\brief …`, then `@param NAME - …` for fields. */
function commentsOf(comment: string): Pick<Layout, "brief" | "comments"> {
  const text = comment.replaceAll(/^\s*\/\*+|\*+\/\s*$|\\brief/g, " ").replaceAll(/^\s*\*/gm, " ");
  const [brief = "", ...parameters] = text.split("@param")
    .map((part) => part.replaceAll(/\\brief/g, " ").replaceAll(/\s+/g, " ").trim());
  const comments = parameters.map((one): [string, string] => {
    const [, name = "", said = ""] = one.match(/^([\w-]+)\s*-\s*(.*)$/) ?? [];
    return [name.replaceAll("-", "_"), said];
  });
  return { brief, comments: new Map(comments) };
}
